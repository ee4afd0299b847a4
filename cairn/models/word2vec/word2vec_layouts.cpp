#include "cairn/models/word2vec/word2vec_layouts.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/word2vec/vector_files.h"

namespace cairn::word2vec {

namespace {

using Reader = std::function<VectorTable(const std::filesystem::path&)>;
using Writer = std::function<void(const VectorTable&, const std::filesystem::path&)>;

void import_table(const Reader& read, const ImportRequest& request) {
  if (request.files.size() != 1) throw UsageError("import", got_expected(cat(request.files.size(), " files"), "one"));
  const VectorTable table = read(request.files.front());
  Json model{{"dim", table.dim()}, {"words", table.size()}};
  if (table.subwords) {
    model["min_n"] = table.subwords->min_n;
    model["max_n"] = table.subwords->max_n;
    model["bucket"] = table.subwords->bucket;
  }
  const Json config{{"system", "word2vec"}, {"format", 1}, {"model", model}};
  io::write_file(request.folder / "config.json", config.dump(2) + "\n");
  io::write_safetensors(request.folder / "model.safetensors", table_tensors(table));
}

Layout layout(const std::string& name, const std::string& help, const Reader& read, const Writer& write) {
  Layout row{.name = name,
             .help = help,
             .import_model = [read](const ImportRequest& request) { import_table(read, request); },
             .export_model = {}};
  if (write) {
    row.export_model = [write](const ExportRequest& request) { write(read_table(request.model_folder), request.out); };
  }
  return row;
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
      layout("fasttext-bin", "fastText's model, with its n-grams", read_fasttext_bin, {})};
}

}  // namespace cairn::word2vec
