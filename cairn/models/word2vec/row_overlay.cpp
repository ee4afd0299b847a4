#include "cairn/models/word2vec/row_overlay.h"

#include <algorithm>

namespace cairn::word2vec {

namespace {

constexpr size_t kAhead = 6;  // rows fetched before they are merged

}  // namespace

/// Two passes, so that fetching a row does not wait for what became of the one before.
void RowOverlay::open(const std::vector<TouchedRow>& touched, const RowOwners& owners) {
  rows_.resize(touched.size());
  shared_.resize(touched.size());
  size_t shared = 0;
  for (size_t place = 0; place < touched.size(); ++place) {
    rows_[place] = matrix_->row(touched[place].row);
    shared_[shared] = static_cast<int32_t>(place);
    shared += owners.alone(touched[place].row) ? 0 : 1;
  }
  copies_.clear();
  for (size_t k = 0; k < shared; ++k) {
    if (k + kAhead < shared) prefetch_row(rows_[static_cast<size_t>(shared_[k + kAhead])], matrix_->width());
    const auto place = static_cast<size_t>(shared_[k]);
    float* values = room(k);
    std::copy_n(rows_[place], matrix_->stride(), values);
    rows_[place] = values;
    copies_.push_back({touched[place], values});
  }
}

float* RowOverlay::room(size_t copy) {
  if (copy / kBlockRows == blocks_.size()) {
    blocks_.push_back(std::make_unique<float[]>(kBlockRows * static_cast<size_t>(matrix_->stride())));
  }
  return blocks_[copy / kBlockRows].get() + copy % kBlockRows * static_cast<size_t>(matrix_->stride());
}

void OverlayMerger::merge(const std::vector<RowOverlay*>& shards, int64_t part, int64_t parts) {
  const auto mine = [&](const RowOverlay::Copy& copy) { return parts == 1 || copy.touched.row % parts == part; };
  for (const RowOverlay* shard : shards) {
    for (const auto& copy : shard->copies()) {
      if (!mine(copy)) continue;
      const auto i = static_cast<size_t>(copy.touched.row);
      const auto touches = static_cast<float>(copy.touched.touches);
      shares_[i] = copies_[i] == 0 ? touches : shares_[i] + touches;
      ++copies_[i];
    }
  }
  for (const RowOverlay* shard : shards) {
    const auto& copies = shard->copies();
    for (size_t k = 0; k < copies.size(); ++k) {
      if (k + kAhead < copies.size() && mine(copies[k + kAhead])) {
        prefetch_row(matrix_->row(copies[k + kAhead].touched.row), matrix_->width());
      }
      if (mine(copies[k])) merge_row(copies[k].touched.row, copies[k].values);
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
    share = 1 / std::clamp(share / calm_, 1.0f, m);
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
