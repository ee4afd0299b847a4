// The delta rule within a chunk (Schlag et al. 2021; Yang et al. 2024, "Parallelizing linear transformers with the
// delta rule over sequence length"): each key's old value is taken out before the new one is written,
//
//   w_i = v_i - S_(i-1)^T k_i,   S_i = S_(i-1) + beta_i k_i w_i^T.
//
// In a chunk that begins with S, the w are one triangular system, (I + L) W = V - K S with L(i, j) = beta_j k_i . k_j
// below the diagonal. With U = beta o W as values, outputs and states are those of the plain sum.
#pragma once

#include "cairn/ops/linear_attention_decay.h"

namespace cairn::ops {

/// What the way back through a chunk's delta rule reads and writes; flat arrays and [K, V] states.
template <class T>
struct DeltaGradients {
  const T* S;  ///< before the chunk
  const T* w;
  const T* u;
  T* G;                ///< in: gradient of the state after the chunk, out: of the one before, outputs' share left out
  T* du;               ///< in: the outputs' share, out: all
  T *dk, *dv, *dbeta;  ///< dk: added to
};

template <class T>
class DeltaWork {
 public:
  explicit DeltaWork(const CausalArrays<T>& arrays) : in_(arrays) {}

  /// w and u of the chunk's rows, and S becomes the state after it.
  void forward(const Chunk& chunk, T* S, T* w, T* u);
  void backward(const Chunk& chunk, const DeltaGradients<T>& g);

 private:
  Matrix<T> key_products(const Chunk& chunk);
  Matrix<T> scaled_columns(const Chunk& chunk, const Matrix<const T>& products);
  Matrix<const T> transposed(const Matrix<const T>& m);

  const CausalArrays<T>& in_;
  std::vector<T> products_, L_, dL_, transposed_, x_;
};

extern template class DeltaWork<float>;
extern template class DeltaWork<double>;

}  // namespace cairn::ops
