// What decays within a chunk of linear attention: each token's factor as seen from the state before the chunk and from
// the one after it. Sums of logarithms, each at most 0, so no factor exceeds 1 whatever the gates are.
#pragma once

#include <vector>

#include "cairn/ops/linear_attention_kernels.h"
#include "cairn/ops/linear_attention_plan.h"

namespace cairn::ops {

/// The inputs on plain memory: rows of K or dv numbers, without gaps.
template <class T>
struct CausalArrays {
  const T *q, *k, *v;
  const T* log_decay;  ///< null, [rows] or [rows, K]
  const T* beta;       ///< null or [rows]
  int64_t K;
  int64_t dv;  ///< numbers of a value
  int64_t V;   ///< of a state's row: dv, and 1 with the sum of weights
  bool decay_by_feature;
  T least;  ///< a sum of weights counts as at least this

  bool normalised() const { return V > dv; }

  Matrix<const T> rows_of(const T* array, const Chunk& c, int64_t width) const {
    return {array + c.begin * width, c.length, width, width};
  }
};

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
