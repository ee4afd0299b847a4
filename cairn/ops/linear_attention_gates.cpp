#include "cairn/ops/linear_attention_gates.h"

#include <algorithm>

namespace cairn::ops {

template <class T>
template <class Body>
void GatedWeights<T>::each_halves(int64_t n, const Body& body) {
  for (int64_t half = 1; half < n; half *= 2) {
    for (int64_t middle = half; middle < n; middle += 2 * half) {
      body(Halves{middle - half, middle, std::min(middle + half, n)});
    }
  }
}

template <class T>
void GatedWeights<T>::enter(const Chunk& chunk, const Halves& h) {
  const int64_t K = in_.K, lefts = h.middle - h.left, rights = h.right - h.middle;
  const auto log = in_.rows_of(in_.log_decay, chunk, K);
  const auto q_factors = shaped(q_factors_, rights, K), k_factors = shaped(k_factors_, lefts, K);
  decay_scales<T>(log.part(h.middle, rights), Seen::from_before, q_factors);
  decay_scales<T>(log.part(h.left, lefts), Seen::from_behind, k_factors);
  q_ = shaped(faded_q_, rights, K);
  k_ = shaped(faded_k_, lefts, K);
  const T* q = in_.q + (chunk.begin + h.middle) * K;
  const T* k = in_.k + (chunk.begin + h.left) * K;
  multiply_elements<T>({.a = q, .b = q_factors.data, .out = q_.data, .count = rights * K});
  multiply_elements<T>({.a = k, .b = k_factors.data, .out = k_.data, .count = lefts * K});
}

/// Rows [row, row + rows) and columns [column, column + columns) of a matrix.
template <class T>
Matrix<T> block(const Matrix<T>& m, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  return {m.data + row * m.stride + column, rows, columns, m.stride};
}

template <class T>
void GatedWeights<T>::weights(const Chunk& chunk, const Matrix<T>& P) {
  const int64_t n = chunk.length, K = in_.K;
  for (int64_t i = 0; i < n; ++i) std::fill_n(P.data + i * P.stride, n, T(0));
  const auto q = in_.rows_of(in_.q, chunk, K), k = in_.rows_of(in_.k, chunk, K);
  for (int64_t i = 0; i < n; ++i) row_dots<T>(q.part(i, 1), k.part(i, 1), P.data + i * P.stride + i);
  each_halves(n, [&](const Halves& h) {
    enter(chunk, h);
    const auto kt = shaped(transposed_, K, k_.rows);
    transpose<T>(k_, kt);
    multiply<T>({.a = q_, .b = kt, .out = block(P, h.middle, q_.rows, h.left, k_.rows)});
  });
}

template <class T>
void GatedWeights<T>::gradients(const Chunk& chunk, const Matrix<const T>& dP, const Matrix<T>& dq,
                                const Matrix<T>& dk) {
  const int64_t n = chunk.length, K = in_.K;
  const auto q = in_.rows_of(in_.q, chunk, K), k = in_.rows_of(in_.k, chunk, K);
  for (int64_t i = 0; i < n; ++i) {
    const T* diagonal = dP.data + i * dP.stride + i;
    scale_rows<T>({.a = k.part(i, 1), .scale = diagonal, .out = dq.part(i, 1)});
    scale_rows<T>({.a = q.part(i, 1), .scale = diagonal, .out = dk.part(i, 1)});
  }
  each_halves(n, [&](const Halves& h) {
    enter(chunk, h);
    const auto own = block(dP, h.middle, q_.rows, h.left, k_.rows);
    const auto to_q = shaped(share_, q_.rows, K);
    multiply<T>({.a = own, .b = k_, .out = to_q});
    multiply_elements<T>(
        {.a = to_q.data, .b = q_factors_.data(), .out = dq.part(h.middle, 0).data, .count = q_.rows * K, .add = true});
    const auto to_k = shaped(share_, k_.rows, K);
    multiply<T>({.a = own, .b = q_, .out = to_k, .transpose_a = true});
    multiply_elements<T>(
        {.a = to_k.data, .b = k_factors_.data(), .out = dk.part(h.left, 0).data, .count = k_.rows * K, .add = true});
  });
}

template class GatedWeights<float>;
template class GatedWeights<double>;

}  // namespace cairn::ops
