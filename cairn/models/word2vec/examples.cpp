#include "cairn/models/word2vec/examples.h"

#include <algorithm>
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/subwords.h"

namespace cairn::word2vec {

namespace {

/// The column of `output`; a new one if it is not there yet.
int64_t column_of(int32_t output, Example& example) {
  const auto& outputs = example.outputs;
  const int64_t column = std::find(outputs.begin(), outputs.end(), output) - outputs.begin();
  if (column == example.U()) example.outputs.push_back(output);
  return column;
}

void size_counts(Example& example) {
  const auto pairs = static_cast<size_t>(example.B() * example.U());
  example.p.assign(pairs + 16, 0);  // the kernel reads whole vectors
  example.n.assign(pairs + 16, 0);
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
  positives = 0;
}

Sampling make_sampling(const ModelConfig& config, const Vocabulary& vocabulary, double subsample) {
  if (vocabulary.size() < 2)
    throw InputError("vocabulary", got_expected(cat(vocabulary.size(), " word"), "at least 2"));
  Sampling sampling{.config = config, .keep = keep_thresholds(vocabulary, subsample)};
  sampling.inputs = sampling.outputs = vocabulary.size();
  if (config.subwords()) {
    const SubwordOptions options{.min_n = config.min_n, .max_n = config.max_n, .bucket = config.bucket};
    for (int32_t i = 0; i < vocabulary.size(); ++i) {
      std::vector<int32_t> rows{i};
      for (const int32_t gram : subwords(vocabulary.words[i], options)) {
        rows.push_back(static_cast<int32_t>(vocabulary.size()) + gram);
      }
      sampling.subwords.push_back(std::move(rows));
    }
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

/// Rows of p and n are the same for every input.
void ExampleStream::hierarchical_outputs(int32_t word, Example& example) {
  const auto& path = sampling_.tree.paths[static_cast<size_t>(word)];
  for (const auto& step : path) example.outputs.push_back(step.node);
  size_counts(example);
  for (int64_t b = 0; b < example.B(); ++b) {
    for (int64_t u = 0; u < example.U(); ++u) {
      (path[static_cast<size_t>(u)].turn ? example.n : example.p)[static_cast<size_t>(b * example.U() + u)] = 1;
    }
  }
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

  drawn_.clear();
  example.outputs.push_back(word);
  for (int64_t k = 0; k < sampling_.config.negative; ++k) {
    drawn_.push_back(static_cast<int32_t>(column_of(sampling_.noise->draw_except(word, random_), example)));
  }
  size_counts(example);
  for (int64_t b = 0; b < example.B(); ++b) {
    example.p[static_cast<size_t>(b * example.U())] = 1;
    for (const int32_t u : drawn_) example.n[static_cast<size_t>(b * example.U() + u)] += 1;
  }
  example.positives = example.B();
}

void ExampleStream::subword_skipgram(Example& example) {
  const int32_t& word = sentence_[static_cast<size_t>(position_)];
  const Window w = window();
  true_columns_.clear();
  drawn_.clear();
  for (int64_t at = w.begin; at < w.end; ++at) {
    if (at != position_) set_against(sentence_[static_cast<size_t>(at)], example);
  }
  if (example.positives > 0) {
    add_input(rows_of(word), example);
    example.begins.push_back(static_cast<int32_t>(example.ids.size()));
  }
  ++position_;
  size_counts(example);
  for (const int32_t u : true_columns_) example.p[static_cast<size_t>(u)] += 1;
  for (const int32_t u : drawn_) example.n[static_cast<size_t>(u)] += 1;
}

/// One word to predict: its columns among the true ones and among those drawn
/// (or turned away from).
void ExampleStream::set_against(int32_t word, Example& example) {
  const auto add = [&](std::vector<int32_t>& columns, int32_t output) {
    columns.push_back(static_cast<int32_t>(column_of(output, example)));
  };
  ++example.positives;
  if (sampling_.config.hierarchical()) {
    for (const auto& step : sampling_.tree.paths[static_cast<size_t>(word)])
      add(step.turn ? drawn_ : true_columns_, step.node);
    return;
  }
  add(true_columns_, word);
  for (int64_t k = 0; k < sampling_.config.negative; ++k) add(drawn_, sampling_.noise->draw_except(word, random_));
}

void ExampleStream::cbow(Example& example) {
  const ModelConfig& config = sampling_.config;
  const int64_t group = config.hierarchical() ? 1 : config.share;
  std::vector<int32_t>& words = drawn_;
  words.clear();
  for (; position_ < static_cast<int64_t>(sentence_.size()) && example.B() < group; ++position_) {
    const Window w = window();
    if (w.end - w.begin <= 1) continue;
    for (int64_t at = w.begin; at < w.end; ++at) {
      if (at != position_) add_input(rows_of(sentence_[static_cast<size_t>(at)]), example);
    }
    example.begins.push_back(static_cast<int32_t>(example.ids.size()));
    words.push_back(sentence_[static_cast<size_t>(position_)]);
  }
  if (example.B() == 0) return;
  if (config.hierarchical()) return hierarchical_outputs(words.front(), example);

  // Negative columns first, with how often each was drawn; then those of the
  // words themselves.
  std::vector<float> times;
  for (int64_t k = 0; k < config.negative; ++k) {
    const auto u = static_cast<size_t>(column_of(sampling_.noise->draw(random_), example));
    if (u == times.size()) times.push_back(0);
    times[u] += 1;
  }
  std::vector<int64_t> own;
  for (const int32_t word : words) own.push_back(column_of(word, example));
  size_counts(example);
  for (int64_t b = 0; b < example.B(); ++b) {
    const int64_t row = b * example.U();
    const auto u = static_cast<size_t>(own[static_cast<size_t>(b)]);
    const float hit = u < times.size() ? times[u] : 0;  // drawn, but the true word: the others stand in for it
    const auto k = static_cast<float>(config.negative);
    const float scale = hit < k ? k / (k - hit) : 0;
    for (size_t j = 0; j < times.size(); ++j) example.n[static_cast<size_t>(row) + j] = j == u ? 0 : scale * times[j];
    example.p[static_cast<size_t>(row) + u] = 1;
  }
  example.positives = example.B();
}

}  // namespace cairn::word2vec
