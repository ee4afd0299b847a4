// A shard's view of a matrix while a round lasts: rows that it alone touches lie in the matrix itself; of those that
// several shards touch it has a copy, and the matrix stays as it was until all shards are merged (overlay_merger.h).
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

}  // namespace cairn::word2vec
