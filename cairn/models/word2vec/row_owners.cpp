#include "cairn/models/word2vec/row_owners.h"

namespace cairn::word2vec {

RowOwners::RowOwners(int64_t rows, int64_t shards)
    : shards_(static_cast<int32_t>(shards)), owners_(static_cast<size_t>(rows)) {}

void RowOwners::begin_round() {
  base_ += shards_ + 1;
  if (base_ < INT32_MAX / 2) return;
  for (auto& owner : owners_) owner.store(0, std::memory_order_relaxed);
  base_ = 1;
}

}  // namespace cairn::word2vec
