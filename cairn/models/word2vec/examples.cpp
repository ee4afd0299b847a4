#include "cairn/models/word2vec/examples.h"

#include <algorithm>
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/subwords.h"
#include "cairn/ops/logistic_pairs.h"

namespace cairn::word2vec {

namespace {

/// The column of `output`; a new one, not seen yet, if it is not there.
size_t column_of(int32_t output, Example& example) {
  const auto& outputs = example.outputs;
  const auto column = static_cast<size_t>(std::find(outputs.begin(), outputs.end(), output) - outputs.begin());
  if (column == outputs.size()) {
    example.outputs.push_back(output);
    example.truly.push_back(0);
    example.falsely.push_back(0);
  }
  return column;
}

std::vector<uint32_t> keep_thresholds(const Vocabulary& vocabulary, double subsample) {
  std::vector<uint32_t> keep(vocabulary.counts.size(), UINT32_MAX);
  if (subsample == 0) return keep;
  const double limit = subsample * static_cast<double>(vocabulary.tokens());
  for (size_t i = 0; i < keep.size(); ++i) {
    const auto count = static_cast<double>(vocabulary.counts[i]);
    const double probability = (std::sqrt(count / limit) + 1) * limit / count;
    keep[i] = static_cast<uint32_t>(std::min(probability * 0x1p32, 0x1p32 - 1));
  }
  return keep;
}

}  // namespace

void Example::clear() {
  ids.clear();
  begins.assign(1, 0);
  outputs.clear();
  truly.clear();
  falsely.clear();
  own.clear();
  positives = 0;
}

namespace {

/// Rows of few columns, copied by whole vectors: what falls into the next row is written over by it.
class ShortRow {
 public:
  static constexpr size_t kMost = ops::kPairLanes;
  explicit ShortRow(std::span<const float> values) { std::copy(values.begin(), values.end(), values_); }
  void copy_to(float* row) const { std::copy_n(values_, kMost, row); }

 private:
  float values_[kMost] = {};
};

class LongRow {
 public:
  explicit LongRow(std::span<const float> values) : values_(values) {}
  void copy_to(float* row) const { std::copy(values_.begin(), values_.end(), row); }

 private:
  std::span<const float> values_;
};

template <class Row>
void expand(const ExampleView& e, float* p, float* n) {
  const Row truly(e.truly), falsely(e.falsely);
  float drawn = 0;
  for (const float times : e.falsely) drawn += times;
  for (const int32_t own : e.own) {
    truly.copy_to(p);
    falsely.copy_to(n);
    if (own >= 0) {
      const float hit = n[own];
      p[own] += 1;
      n[own] = 0;
      const float scale = hit < drawn ? drawn / (drawn - hit) : 0;
      for (int64_t u = 0; hit > 0 && u < e.U(); ++u) n[u] *= scale;
    }
    p += e.U();
    n += e.U();
  }
}

}  // namespace

void expand_counts(const ExampleView& example, float* p, float* n) {
  if (example.outputs.size() <= ShortRow::kMost) {
    expand<ShortRow>(example, p, n);
  } else {
    expand<LongRow>(example, p, n);
  }
}

Sampling make_sampling(const ModelConfig& config, const Vocabulary& vocabulary, double subsample) {
  if (vocabulary.size() < 2)
    throw InputError("vocabulary", got_expected(cat(vocabulary.size(), " word"), "at least 2"));
  Sampling sampling{.config = config, .keep = keep_thresholds(vocabulary, subsample)};
  sampling.inputs = sampling.outputs = vocabulary.size();
  if (config.subwords()) {
    const SubwordOptions options{.min_n = config.min_n, .max_n = config.max_n, .bucket = config.bucket};
    double rows_of_all = 0;
    for (int32_t i = 0; i < vocabulary.size(); ++i) {
      std::vector<int32_t> rows{i};
      for (const int32_t gram : subwords(vocabulary.words[i], options)) {
        rows.push_back(static_cast<int32_t>(vocabulary.size()) + gram);
      }
      rows_of_all += static_cast<double>(vocabulary.counts[static_cast<size_t>(i)]) * static_cast<double>(rows.size());
      sampling.subwords.push_back(std::move(rows));
    }
    sampling.rows_a_word = rows_of_all / static_cast<double>(std::max<int64_t>(vocabulary.tokens(), 1));
    sampling.inputs += config.bucket;
  }
  if (config.hierarchical()) {
    sampling.tree = huffman_tree(vocabulary.counts);
    sampling.outputs = sampling.tree.nodes;
  } else {
    std::vector<int64_t> counts = vocabulary.counts;
    for (int64_t& count : counts) count = std::max<int64_t>(count, 1);  // words that came with unknown counts
    sampling.noise.emplace(counts, config.ns_exponent);
  }
  return sampling;
}

ExampleStream::ExampleStream(const Sampling& sampling, std::span<const int32_t> tokens, FastRandom random)
    : sampling_(sampling), tokens_(tokens), random_(random) {}

/// Takes tokens up to a sentence's end, less those that subsampling drops.
/// False when none are left.
bool ExampleStream::next_sentence() {
  sentence_.clear();
  position_ = 0;
  size_t at = 0;
  for (; at < tokens_.size() && tokens_[at] != kSentenceEnd; ++at) {
    const int32_t word = tokens_[at];
    const uint32_t keep = sampling_.keep[static_cast<size_t>(word)];
    if (keep == UINT32_MAX || static_cast<uint32_t>(random_.bits() >> 32) < keep) sentence_.push_back(word);
  }
  const bool any = !tokens_.empty();
  tokens_ = tokens_.subspan(std::min(at + 1, tokens_.size()));
  return any;
}

ExampleStream::Window ExampleStream::window() {
  const auto width = static_cast<uint32_t>(sampling_.config.window);
  const int64_t reach = sampling_.config.shrink ? 1 + random_.below(width) : width;
  return {std::max<int64_t>(position_ - reach, 0),
          std::min<int64_t>(position_ + reach + 1, static_cast<int64_t>(sentence_.size()))};
}

std::span<const int32_t> ExampleStream::rows_of(const int32_t& word) const {
  if (sampling_.subwords.empty()) return {&word, 1};
  return sampling_.subwords[static_cast<size_t>(word)];
}

void ExampleStream::add_input(std::span<const int32_t> ids, Example& example) const {
  example.ids.insert(example.ids.end(), ids.begin(), ids.end());
}

bool ExampleStream::next(Example& example) {
  example.clear();
  const ModelConfig& config = sampling_.config;
  for (;;) {
    while (position_ >= static_cast<int64_t>(sentence_.size())) {
      if (!next_sentence()) return false;
    }
    if (config.cbow_kind()) {
      cbow(example);
    } else if (config.subwords()) {
      subword_skipgram(example);
    } else {
      skipgram(example);
    }
    if (example.B() > 0) return true;
  }
}

/// The same for every input.
void ExampleStream::hierarchical_outputs(int32_t word, Example& example) {
  for (const auto& step : sampling_.tree.paths[static_cast<size_t>(word)]) {
    example.outputs.push_back(step.node);
    example.truly.push_back(step.turn ? 0 : 1);
    example.falsely.push_back(step.turn ? 1 : 0);
  }
  example.own.assign(static_cast<size_t>(example.B()), -1);
  example.positives = example.B();
}

void ExampleStream::skipgram(Example& example) {
  const int32_t word = sentence_[static_cast<size_t>(position_)];
  const Window w = window();
  for (int64_t at = w.begin; at < w.end; ++at) {
    if (at == position_) continue;
    example.ids.push_back(sentence_[static_cast<size_t>(at)]);
    example.begins.push_back(static_cast<int32_t>(example.ids.size()));
  }
  ++position_;
  if (example.B() == 0) return;
  if (sampling_.config.hierarchical()) return hierarchical_outputs(word, example);

  const auto own = static_cast<int32_t>(column_of(word, example));
  for (int64_t k = 0; k < sampling_.config.negative; ++k) {
    example.falsely[column_of(sampling_.noise->draw_except(word, random_), example)] += 1;
  }
  example.own.assign(static_cast<size_t>(example.B()), own);
  example.positives = example.B();
}

void ExampleStream::subword_skipgram(Example& example) {
  const int32_t& word = sentence_[static_cast<size_t>(position_)];
  const Window w = window();
  for (int64_t at = w.begin; at < w.end; ++at) {
    if (at != position_) set_against(sentence_[static_cast<size_t>(at)], example);
  }
  if (example.positives > 0) {
    add_input(rows_of(word), example);
    example.begins.push_back(static_cast<int32_t>(example.ids.size()));
    example.own.push_back(-1);
  }
  ++position_;
}

/// One word to predict: its columns are seen once more as true ones, and those drawn (or turned away from) as false
/// ones.
void ExampleStream::set_against(int32_t word, Example& example) {
  ++example.positives;
  if (sampling_.config.hierarchical()) {
    for (const auto& step : sampling_.tree.paths[static_cast<size_t>(word)]) {
      const size_t u = column_of(step.node, example);
      (step.turn ? example.falsely : example.truly)[u] += 1;
    }
    return;
  }
  example.truly[column_of(word, example)] += 1;
  for (int64_t k = 0; k < sampling_.config.negative; ++k) {
    example.falsely[column_of(sampling_.noise->draw_except(word, random_), example)] += 1;
  }
}

void ExampleStream::cbow(Example& example) {
  const ModelConfig& config = sampling_.config;
  const int64_t group = config.hierarchical() ? 1 : config.share;
  words_.clear();
  for (; position_ < static_cast<int64_t>(sentence_.size()) && example.B() < group; ++position_) {
    const Window w = window();
    if (w.end - w.begin <= 1) continue;
    for (int64_t at = w.begin; at < w.end; ++at) {
      if (at != position_) add_input(rows_of(sentence_[static_cast<size_t>(at)]), example);
    }
    example.begins.push_back(static_cast<int32_t>(example.ids.size()));
    words_.push_back(sentence_[static_cast<size_t>(position_)]);
  }
  if (example.B() == 0) return;
  if (config.hierarchical()) return hierarchical_outputs(words_.front(), example);
  for (int64_t k = 0; k < config.negative; ++k) {
    example.falsely[column_of(sampling_.noise->draw(random_), example)] += 1;
  }
  for (const int32_t word : words_) example.own.push_back(static_cast<int32_t>(column_of(word, example)));
  example.positives = example.B();
}

}  // namespace cairn::word2vec
