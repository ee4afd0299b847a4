#include "cairn/models/word2vec/vector_table.h"

#include "cairn/base/error.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/model_folder.h"

namespace cairn::word2vec {

namespace {

void check(const VectorTable& table, const std::string& source) {
  const auto type = table.vectors.scalar_type();
  const bool known = type == torch::kFloat32 || type == torch::kFloat16 || type == torch::kInt8;
  if (table.vectors.dim() != 2 || !known) {
    throw InputError(source, cat("tensor 'vectors': ", got_expected(cat(type, " ", table.vectors.sizes()),
                                                                    "[V, D] of float32, float16 or int8")));
  }
  if (table.size() != table.vocabulary.size()) {
    throw InputError(source, got_expected(cat(table.size(), " vectors"), cat(table.vocabulary.size(), ", one a word")));
  }
  const bool scaled = table.scales.defined() && table.scales.dim() == 1 && table.scales.size(0) == table.size();
  if (type == torch::kInt8 && !scaled) throw InputError(source, "int8 vectors without tensor 'scales' [V]");
  const bool fits = !table.ngrams.defined() || (table.ngrams.dim() == 2 && table.ngrams.size(1) == table.dim());
  if (!fits)
    throw InputError(source,
                     cat("tensor 'ngrams': ", got_expected(table.ngrams.sizes(), cat("[bucket, ", table.dim(), "]"))));
}

}  // namespace

torch::Tensor VectorTable::rows(int64_t begin, int64_t count) const {
  auto part = vectors.narrow(0, begin, count).to(torch::kFloat32);
  return scales.defined() ? part * scales.narrow(0, begin, count).unsqueeze(1) : part;
}

VectorTable stored_as(VectorTable table, const std::string& dtype) {
  const auto full = table.rows(0, table.size());
  table.scales = torch::Tensor();
  if (dtype == "float32") {
    table.vectors = full;
  } else if (dtype == "float16") {
    table.vectors = full.to(torch::kFloat16);
  } else if (dtype == "int8") {
    table.scales = full.abs().amax(1).clamp_min(1e-30) / 127;
    table.vectors = (full / table.scales.unsqueeze(1)).round().to(torch::kInt8);
  } else {
    throw UsageError("dtype", got_expected(dtype, "float32, float16 or int8"));
  }
  return table;
}

VectorTable table_from(const io::TensorMap& tensors, const Json& model, const std::string& source) {
  const auto find = [&](const char* name) {
    const auto found = tensors.find(name);
    return found == tensors.end() ? torch::Tensor() : found->second;
  };
  VectorTable table{.vocabulary = Vocabulary::from_tensors(tensors, source),
                    .vectors = find("vectors"),
                    .scales = find("scales"),
                    .ngrams = find("ngrams")};
  if (!table.vectors.defined()) throw InputError(source, got_expected("no tensor 'vectors'", "one"));
  if (table.ngrams.defined()) {
    table.subwords = SubwordOptions{.min_n = model.value("min_n", int64_t{3}),
                                    .max_n = model.value("max_n", int64_t{6}),
                                    .bucket = table.ngrams.size(0)};
  }
  check(table, source);
  return table;
}

VectorTable read_table(const std::filesystem::path& folder) {
  const Json config = read_model_config(folder);
  const auto file = folder / "model.safetensors";
  return table_from(io::read_safetensors(file).tensors, config.at("model"), file.string());
}

io::TensorMap table_tensors(const VectorTable& table) {
  io::TensorMap tensors = table.vocabulary.tensors();
  tensors["vectors"] = table.vectors;
  if (table.scales.defined()) tensors["scales"] = table.scales;
  if (table.ngrams.defined()) tensors["ngrams"] = table.ngrams;
  return tensors;
}

}  // namespace cairn::word2vec
