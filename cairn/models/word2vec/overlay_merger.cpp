#include "cairn/models/word2vec/overlay_merger.h"

#include <algorithm>

#include "cairn/ops/row_sums.h"

namespace cairn::word2vec {

namespace {

constexpr size_t kAhead = 2;  // rows fetched before they are merged, with their copies

}  // namespace

OverlayMerger::OverlayMerger(Matrix* matrix, Options options) : matrix_(matrix), options_(options) {
  for (int64_t part = 0; part < options_.parts; ++part) parts_.emplace_back(matrix->rows());
}

void OverlayMerger::collect(const std::vector<RowOverlay*>& shards, int64_t part) {
  Part& own = parts_[static_cast<size_t>(part)];
  size_t most = 0;
  for (const RowOverlay* shard : shards) most += shard->copies().size();
  own.copies.resize(std::max(own.copies.size(), most * shards.size()));
  own.counts.assign(most, 0);
  own.numbers.begin(own.rows);
  for (const RowOverlay* shard : shards) {
    for (const auto& [touched, values] : shard->copies()) {
      if (touched.row % options_.parts != part) continue;
      const auto place = static_cast<size_t>(own.numbers.touch(touched.row, touched.touches));
      own.copies_of(place, shards.size())[own.counts[place]++] = values;
    }
  }
}

void OverlayMerger::merge(const std::vector<RowOverlay*>& shards, int64_t part) {
  collect(shards, part);
  Part& own = parts_[static_cast<size_t>(part)];
  const int64_t width = matrix_->width();
  for (size_t place = 0; place < own.rows.size(); ++place) {
    if (const size_t next = place + kAhead; next < own.rows.size()) {
      prefetch_row(matrix_->row(own.rows[next].row), width);
      for (int32_t k = 0; k < own.counts[next]; ++k) prefetch_row(own.copies_of(next, shards.size())[k], width);
    }
    const auto m = static_cast<float>(own.counts[place]), touches = static_cast<float>(own.rows[place].touches);
    const float share = 1 / std::clamp(touches / options_.calm, 1.0f, m);
    ops::blend_rows({.keep = 1 - m * share, .scale = share, .stride = matrix_->stride()},
                    own.copies_of(place, shards.size()), own.counts[place], matrix_->row(own.rows[place].row));
  }
}

}  // namespace cairn::word2vec
