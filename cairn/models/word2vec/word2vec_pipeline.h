// The friendly face of word vectors: look up, compare, find neighbours,
// complete analogies.
//
//   auto vectors = cairn::WordVectors::load("path/to/model");
//   for (const auto& [word, score] : vectors.nearest("paris", 10)) ...
//   vectors.analogy("man", "king", "woman", 1).front().word;   // "queen"
//   vectors.nearest(queries, 10);                              // [N, D]
//   queries, all threads
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/models/pipeline.h"
#include "cairn/models/word2vec/vector_table.h"
#include "cairn/ops/nearest_rows.h"

namespace cairn {

struct Neighbour {
  std::string word;
  double score;  ///< cosine
};

class WordVectors : public Pipeline {
 public:
  /// A model folder; its vectors stay in the file, mapped. Throws InputError if
  /// it holds none.
  static WordVectors load(const std::filesystem::path& folder);
  explicit WordVectors(word2vec::VectorTable table);

  int64_t size() const { return table_.size(); }
  int64_t dim() const { return table_.dim(); }
  const word2vec::VectorTable& table() const { return table_; }
  bool contains(const std::string& word) const { return table_.vocabulary.find(word) >= 0; }

  /// [D] float32. A word that is not in the vocabulary has a vector where there
  /// are subwords; otherwise throws UsageError, with near spellings.
  torch::Tensor vector(const std::string& word) const;
  /// Cosine of two words' vectors; 0 if one is zero.
  double similarity(const std::string& a, const std::string& b) const;
  /// The k words of largest cosine, the word itself left out.
  std::vector<Neighbour> nearest(const std::string& word, int64_t k) const;
  std::vector<Neighbour> nearest(const torch::Tensor& vector, int64_t k) const;
  /// Exact search for many queries [N, D] at once: row numbers and cosines.
  ops::NearestRows nearest_rows(const torch::Tensor& queries, int64_t k) const;
  /// What is to c as b is to a (3CosAdd over unit vectors); none of the three
  /// is an answer.
  std::vector<Neighbour> analogy(const std::string& a, const std::string& b, const std::string& c, int64_t k) const;

  std::vector<Command> commands() override;

 private:
  torch::Tensor unit(const std::string& word) const;
  std::vector<Neighbour> best_but(const torch::Tensor& query, int64_t k, const std::vector<std::string>& but) const;

  word2vec::VectorTable table_;
  torch::Tensor scale_;  // [V]: what makes rows as stored unit vectors
};

}  // namespace cairn
