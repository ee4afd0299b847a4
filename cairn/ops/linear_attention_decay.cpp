#include "cairn/ops/linear_attention_decay.h"

#include <algorithm>
#include <cmath>

namespace cairn::ops {

template <class T>
void ChunkDecay<T>::enter(const Chunk& chunk) {
  length_ = chunk.length;
  if (none()) return;
  if (by_feature()) {
    const auto log = in_.rows_of(in_.log_decay, chunk, in_.K);
    decay_scales<T>(log, Seen::from_before, shaped(before_, length_, in_.K));
    decay_scales<T>(log, Seen::from_behind, shaped(behind_, length_, in_.K));
    return;
  }
  running_.resize(length_);
  before_.resize(length_);
  behind_.resize(length_);
  double sum = 0;
  for (int64_t i = 0; i < length_; ++i) running_[i] = sum += static_cast<double>(in_.log_decay[chunk.begin + i]);
  for (int64_t i = 0; i < length_; ++i) {
    before_[i] = static_cast<T>(std::exp(running_[i]));
    behind_[i] = static_cast<T>(std::exp(sum - running_[i]));
  }
}

template <class T>
Matrix<const T> ChunkDecay<T>::faded(Seen seen, const Matrix<const T>& x, std::vector<T>& room) const {
  if (none()) return x;
  const auto out = shaped(room, x.rows, x.columns);
  if (by_feature()) {
    multiply_elements<T>({.a = x.data, .b = factors(seen).data(), .out = out.data, .count = x.rows * x.columns});
  } else {
    scale_rows<T>({.a = x, .scale = factors(seen).data(), .out = out});
  }
  return out;
}

template <class T>
void ChunkDecay<T>::add_faded(Seen seen, const Matrix<const T>& x, const Matrix<T>& out) const {
  if (by_feature()) {
    multiply_elements<T>(
        {.a = x.data, .b = factors(seen).data(), .out = out.data, .count = x.rows * x.columns, .add = true});
  } else {
    scale_rows<T>({.a = x, .scale = none() ? nullptr : factors(seen).data(), .out = out, .add = true});
  }
}

template <class T>
void ChunkDecay<T>::total(T* out) const {
  if (none()) {
    std::fill_n(out, in_.K, T(1));
  } else if (by_feature()) {
    std::copy_n(before_.data() + (length_ - 1) * in_.K, in_.K, out);
  } else {
    std::fill_n(out, in_.K, before_[length_ - 1]);
  }
}

template class ChunkDecay<float>;
template class ChunkDecay<double>;

}  // namespace cairn::ops
