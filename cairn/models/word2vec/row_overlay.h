// A shard's view of a matrix while a round lasts: rows that it alone touches lie in the matrix itself; of those that
// several shards touch it has a copy, and the matrix stays as it was until all shards are merged.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cairn/models/word2vec/chunk.h"
#include "cairn/models/word2vec/parameters.h"
#include "cairn/models/word2vec/row_owners.h"

namespace cairn::word2vec {

class RowOverlay {
 public:
  explicit RowOverlay(Matrix* matrix) : matrix_(matrix) {}

  struct Copy {
    TouchedRow touched;
    float* values;
  };

  /// Begins a round over the rows `touched`, all of which have been claimed.
  void open(const std::vector<TouchedRow>& touched, const RowOwners& owners);
  /// This shard's row of touched[place]; the pointer holds until the next `open`.
  float* row(int32_t place) const { return rows_[static_cast<size_t>(place)]; }
  const std::vector<Copy>& copies() const { return copies_; }

 private:
  static constexpr size_t kBlockRows = 256;
  float* room(size_t copy);

  Matrix* matrix_;
  std::vector<float*> rows_;
  std::vector<Copy> copies_;
  std::vector<int32_t> shared_;  // places of the rows that are copied
  std::vector<std::unique_ptr<float[]>> blocks_;
};

/// Brings together what the shards of a round changed: row += 1 / d sum over shards, in their order, of (copy - row).
///
/// A row that few examples touched takes all changes, d = 1, as if they had come one after the other. One that every
/// shard touched often has moved in each copy about as far as it will; the sum would overshoot, so it takes their mean,
/// d = the number of copies. Between them d = touches / calm.
class OverlayMerger {
 public:
  static constexpr float kCalm = 4;  ///< touches of a row by all shards whose changes may simply be added

  explicit OverlayMerger(Matrix* matrix, float calm = kCalm)
      : matrix_(matrix), calm_(calm), copies_(static_cast<size_t>(matrix->rows())), shares_(copies_.size()) {}
  /// The rows of one part (row % parts == part), of all shards, at most 127. Parts may be merged at the same time.
  void merge(const std::vector<RowOverlay*>& shards, int64_t part, int64_t parts);

 private:
  void merge_row(int64_t i, const float* copy);

  Matrix* matrix_;
  float calm_;
  std::vector<int8_t> copies_;  // by row: how many are to come; negative once the first has been merged
  std::vector<float> shares_;   // by row: touches, then 1 / d
};

}  // namespace cairn::word2vec
