// Word vectors as stored: the words, a matrix of float32, float16 or int8, and
// n-gram rows for words that are not there.
#pragma once

#include <filesystem>
#include <optional>

#include <torch/types.h>

#include "cairn/base/document.h"
#include "cairn/models/word2vec/subwords.h"
#include "cairn/models/word2vec/vocabulary.h"

namespace cairn::word2vec {

struct VectorTable {
  Vocabulary vocabulary;
  torch::Tensor vectors;  ///< [V, D] float32, float16 or int8
  torch::Tensor scales;   ///< [V] float32, what int8 rows are multiplied with;
                          ///< undefined for floats
  std::optional<SubwordOptions> subwords;
  torch::Tensor ngrams;  ///< [bucket, D] float32 with subwords

  int64_t size() const { return vectors.size(0); }
  int64_t dim() const { return vectors.size(1); }
  /// Rows as float32 [count, D].
  torch::Tensor rows(int64_t begin, int64_t count) const;
};

/// Rounded to "float32", "float16" or "int8" (each row by its own scale,
/// largest value 127). Throws UsageError for another name.
VectorTable stored_as(VectorTable table, const std::string& dtype);

/// model.safetensors: "vectors", "words", "counts", for int8 "scales", with
/// subwords "ngrams". Memory-mapped. Throws InputError for what is missing or
/// does not fit. A model's vectors are those of its words with their n-grams.
VectorTable read_table(const std::filesystem::path& model_folder);
/// The same from the tensors and the config's section "model"; `source` names them in messages.
VectorTable table_from(const io::TensorMap& tensors, const Json& model, const std::string& source);
/// What `read_table` takes.
io::TensorMap table_tensors(const VectorTable& table);

}  // namespace cairn::word2vec
