#include "cairn/models/word2vec/word2vec_layouts.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/state_dict_layouts.h"
#include "cairn/models/word2vec/vector_files.h"

namespace cairn::word2vec {

namespace {

using Reader = std::function<VectorTable(const std::filesystem::path&)>;
using Writer = std::function<void(const VectorTable&, const std::filesystem::path&)>;

Json config_of(const VectorTable& table) {
  Json model{{"dim", table.dim()}, {"words", table.size()}};
  if (table.subwords) {
    model["min_n"] = table.subwords->min_n;
    model["max_n"] = table.subwords->max_n;
    model["bucket"] = table.subwords->bucket;
  }
  return {{"system", "word2vec"}, {"format", 1}, {"model", model}};
}

void write_model(const VectorTable& table, const std::filesystem::path& folder) {
  io::write_file(folder / "config.json", config_of(table).dump(2) + "\n");
  io::write_safetensors(folder / "model.safetensors", table_tensors(table));
}

Layout layout(const std::string& name, const std::string& help, const Reader& read, const Writer& write) {
  Layout row{
      .name = name,
      .help = help,
      .import_model = [read](const ImportRequest& request) { write_model(read(only_file(request)), request.folder); },
      .export_model = {}};
  if (write) {
    row.export_model = [write](const ExportRequest& request) { write(read_table(request.model_folder), request.out); };
  }
  return row;
}

/// Our own file: the tensors of a model folder without what only training needs, and the config. Each number type is a
/// layout, because it is what a user chooses; reading takes any of them.
Layout own_layout(const std::string& dtype, const std::string& help) {
  return {.name = "vectors-" + dtype,
          .help = help,
          .import_model =
              [](const ImportRequest& request) {
                const auto& file = only_file(request);
                if (request.config.is_null())
                  throw InputError(file.string(), "carries no config: these are no vectors");
                write_model(table_from(io::read_safetensors(file).tensors, request.config.at("model"), file.string()),
                            request.folder);
              },
          .export_model =
              [dtype](const ExportRequest& request) {
                const VectorTable table = stored_as(read_table(request.model_folder), dtype);
                io::write_safetensors(request.out, table_tensors(table), {{kConfigKey, config_of(table).dump()}});
              },
          .carried_config = carried_config};
}

VectorTable binary(const std::filesystem::path& path) {
  return read_word2vec_binary(path);
}
VectorTable text(const std::filesystem::path& path) {
  return read_word2vec_text(path);
}

}  // namespace

std::vector<Layout> layouts() {
  return {
      layout("word2vec-binary", "vectors as word2vec.c writes them with -binary 1", binary, write_word2vec_binary),
      layout("word2vec-text", "vectors as word2vec.c and gensim write them, a word a line", text, write_word2vec_text),
      layout("fasttext-vec", "vectors as fastText writes them beside its model", text, write_fasttext_vec),
      layout("fasttext-bin", "fastText's model, with its n-grams", read_fasttext_bin, {}),
      own_layout("float32", "vectors in one safetensors file"),
      own_layout("float16", "vectors in one safetensors file, half the size"),
      own_layout("int8", "vectors in one safetensors file, a quarter of the size; each row by its own scale")};
}

}  // namespace cairn::word2vec
