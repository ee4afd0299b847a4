#include "cairn/models/word2vec/row_overlay.h"

#include <algorithm>

namespace cairn::word2vec {

namespace {

constexpr size_t kAhead = 6;  // rows fetched before they are copied

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

}  // namespace cairn::word2vec
