// Batches of pairs of token rows (a sentence and its translation): of like length side by side, as many as a number of
// tokens allows, in an order drawn anew for each epoch.
#pragma once

#include <memory>

#include "cairn/data/stream.h"
#include "cairn/data/token_rows.h"

namespace cairn::data {

/// Rows that belong together; each ends in the token that ends a line.
struct TokenPairs {
  TokenRows source, target;
  std::vector<int64_t> lines;  ///< where each stands in its file, from 0
  int64_t start = 0;           ///< what stands before a target's first token
  int64_t padding = 0;

  int64_t size() const { return source.size(); }
  /// The longer side's tokens.
  int64_t width(int64_t pair) const { return std::max(source.length(pair), target.length(pair)); }
};

/// "source" [B, S], "source_length" [B], "target" [B, T] with -1 behind the shorter ones, and "target_in" [B, T], the
/// target one place later behind `start`.
Batch pair_batch(const TokenPairs& pairs, std::span<const int64_t> which);

/// Pairs in the order of their lengths, cut into batches that hold at most `tokens` on their wider side, padding
/// counted, or `pairs` pairs (one of the two is 0). A pair that is wider than `tokens` is a batch of its own.
struct BatchSize {
  int64_t tokens = 0;
  int64_t pairs = 0;
};
std::vector<std::pair<size_t, size_t>> cut_batches(const TokenPairs& pairs, std::span<const int64_t> order,
                                                   BatchSize size);

class PairStream : public Stream {
 public:
  /// Epoch e: ties of length and the order of batches are drawn from random.at(e). Throws InputError for no pairs.
  PairStream(std::shared_ptr<const TokenPairs> pairs, BatchSize size, RandomStream random);

  Batch next() override;
  /// {"epoch": whole passes done, "next": batches of this one}
  Json position() const override;
  void seek(const Json& position) override;
  int64_t batches_per_epoch() const override { return static_cast<int64_t>(batches_.size()); }

 private:
  void start_epoch();

  std::shared_ptr<const TokenPairs> pairs_;
  BatchSize size_;
  RandomStream random_;
  int64_t epoch_ = 0, next_ = 0;
  std::vector<int64_t> order_;                      // of this epoch
  std::vector<std::pair<size_t, size_t>> batches_;  // [begin, end) in order_
};

/// The pairs by falling length of target and source; equal ones as they come in `order`.
void sort_by_length(const TokenPairs& pairs, std::vector<int64_t>& order);

}  // namespace cairn::data
