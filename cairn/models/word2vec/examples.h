// From a corpus to blocks of logistic pairs: which vectors meet which, for each
// objective.
//
//   skip-gram      inputs: each neighbour of the word. outputs: the word,
//   against words drawn (word2vec.c's direction).
//                  All neighbours of a word share its drawn words, which makes
//                  a block a matrix product.
//   with subwords  input: the mean of the word and its n-grams. outputs: its
//   neighbours, each against its own drawn words
//                  (fastText's direction).
//   cbow           inputs: for each of `share` consecutive words the mean of
//   its neighbours. outputs: these words, against
//                  words that the group shares.
//   hierarchical   outputs: the inner nodes on the word's path, each true or
//   false.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "cairn/models/word2vec/huffman.h"
#include "cairn/models/word2vec/noise.h"
#include "cairn/models/word2vec/vocabulary.h"
#include "cairn/models/word2vec/word2vec_config.h"

namespace cairn::word2vec {

/// x_b = mean of input rows ids[begins[b]] .. ids[begins[b + 1] - 1]. It meets output u as often as a true pair as
/// `truly[u]` says, once more if u is own[b], and as a false one falsely[u] times; but own[b] is never false to x_b:
/// how often it was drawn goes to the other columns, by their share.
struct Example {
  std::vector<int32_t> ids, begins, outputs;
  std::vector<float> truly, falsely;  ///< [U]
  std::vector<int32_t> own;           ///< [B]; -1 for none
  int64_t positives = 0;              ///< true pairs (for hierarchical softmax: words predicted)

  int64_t B() const { return static_cast<int64_t>(begins.size()) - 1; }
  int64_t U() const { return static_cast<int64_t>(outputs.size()); }
  void clear();
};

/// An example wherever its numbers lie.
struct ExampleView {
  std::span<const int32_t> ids, begins, outputs;
  std::span<const float> truly, falsely;
  std::span<const int32_t> own;
  int64_t positives = 0;

  ExampleView() = default;
  ExampleView(const Example& e)  // NOLINT: as std::span takes a vector
      : ids(e.ids),
        begins(e.begins),
        outputs(e.outputs),
        truly(e.truly),
        falsely(e.falsely),
        own(e.own),
        positives(e.positives) {}
  int64_t B() const { return static_cast<int64_t>(own.size()); }
  int64_t U() const { return static_cast<int64_t>(outputs.size()); }
};

/// The counts p and n [B, U] of ops/logistic_pairs.h, row-major; both arrays have room for kPairLanes more.
void expand_counts(const ExampleView& example, float* p, float* n);

/// What examples are made from; fixed over a training.
struct Sampling {
  ModelConfig config;
  std::vector<uint32_t> keep;                  ///< by word: kept if 32 random bits are below
  std::vector<std::vector<int32_t>> subwords;  ///< by word: input rows, itself first; empty without subwords
  std::optional<Noise> noise;                  ///< loss: negative
  HuffmanTree tree;                            ///< loss: hierarchical

  int64_t inputs = 0, outputs = 0;  ///< rows of the matrices
  double rows_a_word = 1;           ///< input rows whose mean a word is, on average over the text
};

/// `subsample`: word2vec.c's keep probability, (sqrt(f / s) + 1) s / f for
/// frequency f; 0 keeps all.
Sampling make_sampling(const ModelConfig& config, const Vocabulary& vocabulary, double subsample);

/// The examples of a piece of corpus, one after the other. Everything random
/// follows from the generator's seed.
class ExampleStream {
 public:
  ExampleStream(const Sampling& sampling, std::span<const int32_t> tokens, FastRandom random);
  /// False at the end.
  bool next(Example& example);

 private:
  struct Window {
    int64_t begin, end;  // of the sentence; the word itself lies between
  };
  bool next_sentence();
  Window window();
  void skipgram(Example& example);
  void subword_skipgram(Example& example);
  void set_against(int32_t word, Example& example);
  void cbow(Example& example);
  void hierarchical_outputs(int32_t word, Example& example);
  void add_input(std::span<const int32_t> ids, Example& example) const;
  std::span<const int32_t> rows_of(const int32_t& word) const;

  const Sampling& sampling_;
  std::span<const int32_t> tokens_;
  FastRandom random_;
  std::vector<int32_t> sentence_;
  std::vector<int32_t> words_;  // that a group of cbow predicts
  int64_t position_ = 0;
};

}  // namespace cairn::word2vec
