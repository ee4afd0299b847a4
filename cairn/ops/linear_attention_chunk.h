// One chunk of causal linear attention and its gradients, on plain memory: products of the size of a chunk.
//
//   weights   P(i, j) = q(i) . k(j) decayed from j to i, j <= i
//   outputs   O = P V + Q' S            Q': queries as seen from the state before the chunk
//   state     S' = decay(S) + K'^T V    K': keys as seen from the state after it
#pragma once

#include "cairn/ops/linear_attention_gates.h"

namespace cairn::ops {

/// Outputs [rows, dv] as flat arrays, and the sums of weights [rows] they were divided by: null if they were not.
template <class T>
struct ChunkOutputs {
  T* o;
  T* sums;
};

/// Gradient of the outputs, which are given too where they were divided.
template <class T>
struct ReceivedGradient {
  const T* d_o;
  ChunkOutputs<const T> outputs;
};

/// What the way back through a chunk reads and writes. States and their gradients are [K, V].
template <class T>
struct ChunkGradients {
  const T* S;        ///< before the chunk
  const T* S_after;  ///< where something decays
  const T* G_after;  ///< gradient of the state after the chunk; null: no share of it
  ReceivedGradient<T> received;
  T *dq, *dk, *dv;  ///< flat arrays, as the inputs
  T* d_log_decay;   ///< [rows, K]; null where nothing decays
};

template <class T>
class ChunkWork {
 public:
  explicit ChunkWork(const CausalArrays<T>& arrays) : in_(arrays), decay_(arrays), gates_(arrays) {}

  /// Goes to a chunk; what follows is about it.
  void enter(const Chunk& chunk);
  const ChunkDecay<T>& decay() const { return decay_; }
  /// to = K'^T V
  void written(T* to);
  /// o = P V + Q' S
  void outputs(const T* S, const ChunkOutputs<T>& to);
  /// to = Q'^T dO: what the outputs add to the gradient of the state before the chunk
  void read_gradient(const ReceivedGradient<T>& received, T* to);
  void gradients(const ChunkGradients<T>& g);

 private:
  /// Values or their gradients, [rows, dv], and what stands in the column of sums: null for ones.
  struct RowsOfValues {
    Matrix<const T> values;
    const T* sums;
  };

  Matrix<const T> rows(const T* array, int64_t width) const { return in_.rows_of(array, chunk_, width); }
  Matrix<T> rows(T* array, int64_t width) const { return {array + chunk_.begin * width, chunk_.length, width, width}; }
  Matrix<const T> state(const T* S) const { return {S, in_.K, in_.V, in_.V}; }
  Matrix<const T> values_of(const T* S) const { return {S, in_.K, in_.dv, in_.V}; }
  Matrix<const T> transposed(const Matrix<const T>& m);
  Matrix<const T> weights();
  Matrix<const T> undivided(const ReceivedGradient<T>& received);
  void write(const Matrix<const T>& a, const Matrix<const T>& b, const T* w, T* to);
  void weight_gradients(const Matrix<const T>& d_o, const Matrix<T>& dq, const Matrix<T>& dk);
  void add_state_gradient(const RowsOfValues& rows_of_v, const T* S, Seen seen, const Matrix<T>& to);

  const CausalArrays<T>& in_;
  Chunk chunk_{};
  ChunkDecay<T> decay_;
  GatedWeights<T> gates_;
  Matrix<const T> q_{}, k_{}, v_{};
  std::vector<T> P_, dP_, transposed_, faded_, share_, end_, outputs_, d_sums_, z_;
};

extern template class ChunkWork<float>;
extern template class ChunkWork<double>;

}  // namespace cairn::ops
