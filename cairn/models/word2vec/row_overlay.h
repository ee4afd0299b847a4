// A shard's own view of a matrix while a round lasts: rows are copied when first touched; the matrix itself stays as it
// was until all shards are merged.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cairn/models/word2vec/parameters.h"

namespace cairn::word2vec {

class RowOverlay {
 public:
  explicit RowOverlay(Matrix* matrix);

  /// This shard's row i; the pointer holds until `clear`.
  float* row(int64_t i) {
    const int32_t slot = slots_[static_cast<size_t>(i)] - base_;
    if (slot < 0) return copy(i);
    ++touches_[static_cast<size_t>(slot)];
    return at(slot);
  }
  void prefetch(int64_t i) const;

  /// The rows that were touched, in the order of their slots.
  const std::vector<int32_t>& touched() const { return touched_; }
  int32_t touches(size_t slot) const { return touches_[slot]; }  ///< how often
  float* at(int32_t slot) const {
    return blocks_[static_cast<size_t>(slot) / kBlockRows].get() + slot % kBlockRows * matrix_->stride();
  }
  /// Begins a new round: no row is touched.
  void clear();

 private:
  static constexpr int32_t kBlockRows = 256;
  float* copy(int64_t i);

  Matrix* matrix_;
  int32_t base_ = 1;            // slots below it are of earlier rounds
  std::vector<int32_t> slots_;  // by row: base + slot
  std::vector<int32_t> touched_, touches_;
  std::vector<std::unique_ptr<float[]>> blocks_;
};

/// Brings together what the shards of a round changed: row += 1 / d sum over shards, in their order, of (copy - row).
///
/// A row that few examples touched takes all changes, d = 1, as if they had come one after the other. One that every
/// shard touched often has moved in each copy about as far as it will; the sum would overshoot, so it takes their mean,
/// d = the number of copies. Between them d = touches / 4.
class OverlayMerger {
 public:
  explicit OverlayMerger(Matrix* matrix)
      : matrix_(matrix), copies_(static_cast<size_t>(matrix->rows())), shares_(copies_.size()) {}
  /// The rows of one part (row % parts == part), of all shards, at most 127. Parts may be merged at the same time.
  void merge(const std::vector<RowOverlay*>& shards, int64_t part, int64_t parts);

 private:
  void merge_row(int64_t i, const float* copy);

  Matrix* matrix_;
  std::vector<int8_t> copies_;  // by row: how many are to come; negative once the first has been merged
  std::vector<float> shares_;   // by row: touches, then 1 / d
};

}  // namespace cairn::word2vec
