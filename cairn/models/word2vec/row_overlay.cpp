#include "cairn/models/word2vec/row_overlay.h"

#include <algorithm>

namespace cairn::word2vec {

namespace {

constexpr float kCalmTouches = 4;  // of a row, by all shards, whose changes may simply be added
constexpr size_t kAhead = 6;       // rows fetched before they are merged

void prefetch_row(const float* row, int64_t width) {
  for (int64_t k = 0; k < width; k += 16) __builtin_prefetch(row + k, /*rw=*/1);
}

}  // namespace

RowOverlay::RowOverlay(Matrix* matrix) : matrix_(matrix), slots_(static_cast<size_t>(matrix->rows()), 0) {}

void RowOverlay::prefetch(int64_t i) const {
  const int32_t slot = slots_[static_cast<size_t>(i)] - base_;
  prefetch_row(slot >= 0 ? at(slot) : matrix_->row(i), matrix_->width());
}

float* RowOverlay::copy(int64_t i) {
  const auto slot = static_cast<int32_t>(touched_.size());
  if (slot / kBlockRows == static_cast<int32_t>(blocks_.size())) {
    blocks_.push_back(std::make_unique<float[]>(static_cast<size_t>(kBlockRows * matrix_->stride())));
  }
  touched_.push_back(static_cast<int32_t>(i));
  touches_.push_back(1);
  slots_[static_cast<size_t>(i)] = base_ + slot;
  std::copy_n(matrix_->row(i), matrix_->stride(), at(slot));
  return at(slot);
}

void RowOverlay::clear() {
  base_ += static_cast<int32_t>(touched_.size());
  touched_.clear();
  touches_.clear();
  if (base_ > INT32_MAX / 2) {
    std::fill(slots_.begin(), slots_.end(), 0);
    base_ = 1;
  }
}

void OverlayMerger::merge(const std::vector<RowOverlay*>& shards, int64_t part, int64_t parts) {
  const auto mine = [&](int32_t i) { return parts == 1 || i % parts == part; };
  for (const RowOverlay* shard : shards) {
    const auto& touched = shard->touched();
    for (size_t slot = 0; slot < touched.size(); ++slot) {
      const auto i = static_cast<size_t>(touched[slot]);
      if (!mine(touched[slot])) continue;
      const auto touches = static_cast<float>(shard->touches(slot));
      shares_[i] = copies_[i] == 0 ? touches : shares_[i] + touches;
      ++copies_[i];
    }
  }
  for (const RowOverlay* shard : shards) {
    const auto& touched = shard->touched();
    for (size_t slot = 0; slot < touched.size(); ++slot) {
      if (slot + kAhead < touched.size() && mine(touched[slot + kAhead])) {
        prefetch_row(matrix_->row(touched[slot + kAhead]), matrix_->width());
      }
      if (mine(touched[slot])) merge_row(touched[slot], shard->at(static_cast<int32_t>(slot)));
    }
  }
}

/// With m copies: row = (1 - m / d) row + copy_1 / d, then + copy_2 / d, ... + copy_m / d.
void OverlayMerger::merge_row(int64_t i, const float* copy) {
  float* __restrict row = matrix_->row(i);
  const float* __restrict from = copy;
  const int64_t width = matrix_->width();
  int8_t& copies = copies_[static_cast<size_t>(i)];
  float& share = shares_[static_cast<size_t>(i)];
  if (copies == 1) {
    std::copy_n(from, width, row);
    copies = 0;
  } else if (copies > 1) {
    const auto m = static_cast<float>(copies);
    share = 1 / std::clamp(share / kCalmTouches, 1.0f, m);
    const float kept = 1 - m * share, taken = share;
    for (int64_t k = 0; k < width; ++k) row[k] = kept * row[k] + taken * from[k];
    copies = static_cast<int8_t>(1 - copies);
  } else {
    const float taken = share;
    for (int64_t k = 0; k < width; ++k) row[k] += taken * from[k];
    ++copies;
  }
}

}  // namespace cairn::word2vec
