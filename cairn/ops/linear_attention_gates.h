// The weights among a chunk's tokens where each key feature decays by itself (gated linear attention, Yang et al.
// 2024):
//
//   P(i, j) = sum_f q(i, f) k(j, f) exp(sum of log decay(s, f) over j < s <= i),   j <= i
//
// A matrix product with q(i) exp(B(i)) and k(j) exp(-B(j)), B the running sum, would overflow. Halving the chunk again
// and again gives products of which neither factor exceeds 1: queries of a right half as seen from the middle, and keys
// of the left half.
#pragma once

#include "cairn/ops/linear_attention_decay.h"

namespace cairn::ops {

template <class T>
class GatedWeights {
 public:
  explicit GatedWeights(const CausalArrays<T>& arrays) : in_(arrays) {}

  /// P [n, n], zero above the diagonal.
  void weights(const Chunk& chunk, const Matrix<T>& P);
  /// dq [n, K] and dk [n, K] from dP [n, n], of which what lies above the diagonal is not read.
  void gradients(const Chunk& chunk, const Matrix<const T>& dP, const Matrix<T>& dq, const Matrix<T>& dk);

 private:
  /// Tokens [left, middle) and [middle, right) of the chunk.
  struct Halves {
    int64_t left, middle, right;
  };
  template <class Body>
  void each_halves(int64_t n, const Body& body);
  void enter(const Chunk& chunk, const Halves& h);

  const CausalArrays<T>& in_;
  std::vector<T> q_factors_, k_factors_, faded_q_, faded_k_, transposed_, share_;
  Matrix<T> q_{}, k_{};  // faded
};

extern template class GatedWeights<float>;
extern template class GatedWeights<double>;

}  // namespace cairn::ops
