// Brings together what the shards of a round changed in their copies of a matrix's rows.
#pragma once

#include <cstdint>
#include <vector>

#include "cairn/models/word2vec/chunk.h"
#include "cairn/models/word2vec/parameters.h"
#include "cairn/models/word2vec/row_overlay.h"

namespace cairn::word2vec {

/// row += 1 / d sum over shards, in their order, of (copy - row).
///
/// A row that few examples touched takes all changes, d = 1, as if they had come one after the other. One that every
/// shard touched often has moved in each copy about as far as it will; the sum would overshoot, so it takes their mean,
/// d = the number of copies. Between them d = touches / calm.
class OverlayMerger {
 public:
  static constexpr float kCalm = 4;  ///< touches of a row by all shards whose changes may simply be added

  struct Options {
    float calm = kCalm;
    int64_t parts = 1;  ///< merged at the same time, each by a thread of its own
  };
  OverlayMerger(Matrix* matrix, Options options);
  /// The rows of one part (row % parts == part), of all shards.
  void merge(const std::vector<RowOverlay*>& shards, int64_t part);

 private:
  /// What a part found in a round; kept apart, so that no thread waits for another one's lines of the cache.
  struct Part {
    explicit Part(int64_t rows) : numbers(rows) {}
    const float** copies_of(size_t place, size_t shards) { return copies.data() + place * shards; }

    RowNumbers numbers;
    std::vector<TouchedRow> rows;
    std::vector<int32_t> counts;       // by place: copies
    std::vector<const float*> copies;  // by place and shard
  };
  void collect(const std::vector<RowOverlay*>& shards, int64_t part);

  Matrix* matrix_;
  Options options_;
  std::vector<Part> parts_;
};

}  // namespace cairn::word2vec
