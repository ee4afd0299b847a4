#include "cairn/models/word2vec/continuation.h"

#include "cairn/base/error.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/model_folder.h"

namespace cairn::word2vec {

Start read_start(const ModelConfig& config) {
  const std::filesystem::path folder = config.start;
  Start start{.table = read_table(folder)};
  const Json before = read_model_config(folder).at("model");
  ModelConfig now = config;
  const Json wanted = fields_of(now).to_json();
  for (const char* key : {"dim", "loss", "min_n", "max_n", "bucket"}) {
    if (before.contains(key) && before[key] != wanted[key]) {
      throw InputError(config.start, cat("model.", key, ": ",
                                         got_expected(before[key].dump(), cat(wanted[key].dump(), " of the recipe"))));
    }
  }
  if (start.table.dim() != config.dim) {
    throw InputError(config.start, got_expected(cat("vectors of dimension ", start.table.dim()), config.dim));
  }
  const auto tensors = io::read_safetensors(folder / "model.safetensors").tensors;
  if (!tensors.contains("output")) {
    throw InputError(config.start, "no tensor 'output': only a model that `cairn train` left can go on");
  }
  start.output = tensors.at("output");
  start.input = tensors.contains("input") ? tensors.at("input") : start.table.vectors;
  return start;
}

Vocabulary joined_vocabulary(const Vocabulary& before, const Vocabulary& text, const std::string& policy) {
  if (policy == "replace") return text;
  Counts all;
  for (int32_t i = 0; i < before.size(); ++i) {
    const int32_t now = text.find(before.words[i]);
    const int64_t seen = now < 0 ? 0 : text.counts[static_cast<size_t>(now)];
    all.add(before.words[i], policy == "keep" ? seen : before.counts[static_cast<size_t>(i)] + seen);
  }
  for (int32_t i = 0; policy == "merge" && i < text.size(); ++i) {
    if (before.find(text.words[i]) < 0) all.add(text.words[i], text.counts[static_cast<size_t>(i)]);
  }
  return make_vocabulary(all, {.min_count = 0}, "the new text");
}

void start_from(const Start& start, const Vocabulary& vocabulary, Parameters& parameters) {
  const Vocabulary& before = start.table.vocabulary;
  const auto input = parameters.input.values(), output = parameters.output.values();
  const bool by_word = start.output.size(0) == before.size();
  bool same = before.size() == vocabulary.size();
  for (int32_t i = 0; i < vocabulary.size(); ++i) {
    const int32_t old = before.find(vocabulary.words[i]);
    same = same && old == i;
    if (old < 0) continue;
    input[i].copy_(start.input[old]);
    if (by_word) output[i].copy_(start.output[old]);
  }
  if (!by_word && same) output.copy_(start.output);
  if (start.table.ngrams.defined())
    input.narrow(0, vocabulary.size(), start.table.ngrams.size(0)).copy_(start.table.ngrams);
}

}  // namespace cairn::word2vec
