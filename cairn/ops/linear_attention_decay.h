// What decays within a chunk of linear attention: each token's factor as seen from the state before the chunk and from
// the one after it. Sums of logarithms, each at most 0, so no factor exceeds 1 whatever the gates are.
#pragma once

#include <vector>

#include "cairn/ops/linear_attention_arrays.h"
#include "cairn/ops/linear_attention_kernels.h"

namespace cairn::ops {

/// A buffer as a matrix without gaps, enlarged where needed.
template <class T>
Matrix<T> shaped(std::vector<T>& buffer, int64_t rows, int64_t columns) {
  if (static_cast<int64_t>(buffer.size()) < rows * columns) buffer.resize(rows * columns);
  return {buffer.data(), rows, columns, columns};
}

template <class T>
class ChunkDecay {
 public:
  explicit ChunkDecay(const CausalArrays<T>& arrays) : in_(arrays) {}

  void enter(const Chunk& chunk);
  /// Rows x [n, K] times their factors: in `room`, or x itself where nothing decays.
  Matrix<const T> faded(Seen seen, const Matrix<const T>& x, std::vector<T>& room) const;
  /// out += the same.
  void add_faded(Seen seen, const Matrix<const T>& x, const Matrix<T>& out) const;
  /// The factors [K] of the state across the whole chunk.
  void total(T* out) const;
  /// Sums of the logarithms up to each token, where all features decay alike; else null.
  const double* running() const { return alike() ? running_.data() : nullptr; }
  bool none() const { return in_.log_decay == nullptr; }
  bool by_feature() const { return in_.log_decay != nullptr && in_.decay_by_feature; }

 private:
  bool alike() const { return in_.log_decay != nullptr && !in_.decay_by_feature; }
  const std::vector<T>& factors(Seen seen) const { return seen == Seen::from_before ? before_ : behind_; }

  const CausalArrays<T>& in_;
  int64_t length_ = 0;
  std::vector<double> running_;
  std::vector<T> before_, behind_;  // [n] or [n, K]
};

extern template class ChunkDecay<float>;
extern template class ChunkDecay<double>;

}  // namespace cairn::ops
