// Which rows of a matrix one shard alone touches in a round: it may work on them in place, because no other shard
// looks.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace cairn::word2vec {

class RowOwners {
 public:
  RowOwners(int64_t rows, int64_t shards);

  /// Begins a new round: no row is claimed.
  void begin_round();
  /// `shard` is going to touch row i. Shards may claim at the same time; the order does not matter.
  void claim(int64_t i, int32_t shard) {
    std::atomic<int32_t>& owner = owners_[static_cast<size_t>(i)];
    int32_t now = owner.load(std::memory_order_relaxed);
    while (now != base_ + shard && now != base_ + shards_) {
      const int32_t next = now < base_ ? base_ + shard : base_ + shards_;
      if (owner.compare_exchange_weak(now, next, std::memory_order_relaxed)) return;
    }
  }
  /// Of a row that was claimed: by one shard only?
  bool alone(int64_t i) const {
    return owners_[static_cast<size_t>(i)].load(std::memory_order_relaxed) != base_ + shards_;
  }

 private:
  int32_t shards_, base_ = 1;                 // what is below base_ is of earlier rounds
  std::vector<std::atomic<int32_t>> owners_;  // by row: base_ + shard, or base_ + shards_ for several
};

}  // namespace cairn::word2vec
