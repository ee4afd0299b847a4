// What a recipe's data.valid and data.test name: analogy questions and scored word pairs.
#pragma once

#include <string>
#include <vector>

#include "cairn/metrics/word_tests.h"
#include "cairn/models/word2vec/word2vec_config.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"
#include "cairn/train/learner.h"

namespace cairn::word2vec {

class WordTests {
 public:
  /// `spec`: "word_eval" (its questions and WS-353, SimLex-999, MEN), or paths joined by commas. Empty: nothing. Throws
  /// InputError naming file and line.
  explicit WordTests(const std::string& spec);
  bool empty() const { return analogies_.empty() && pairs_.empty(); }

  /// "analogy" (share of the questions seen), "analogy_semantic" and "analogy_syntactic" (sections not named gram...,
  /// and those), "analogy_seen" (share of all questions), and for each file of pairs "spearman.<file>" and its share of
  /// pairs seen. Counts questions and pairs. `limit` > 0: the first of each section or file.
  train::Evaluation measure(const WordVectors& vectors, const EvalConfig& config, int64_t limit) const;

 private:
  struct Pairs {
    std::string name;
    std::vector<metrics::WordPair> pairs;
  };
  std::vector<metrics::AnalogySection> analogies_;
  std::vector<Pairs> pairs_;
};

}  // namespace cairn::word2vec
