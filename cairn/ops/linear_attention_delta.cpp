#include "cairn/ops/linear_attention_delta.h"

#include <algorithm>

namespace cairn::ops {

namespace {

template <class T>
Matrix<T> rows(T* array, const Chunk& chunk, int64_t width) {
  return {array + chunk.begin * width, chunk.length, width, width};
}

template <class T>
void clear_from_diagonal(const Matrix<T>& m) {
  for (int64_t i = 0; i < m.rows; ++i) std::fill(m.data + i * m.stride + i, m.data + i * m.stride + m.columns, T(0));
}

/// to = -from
template <class T>
void negate(const Matrix<const T>& from, const Matrix<T>& to) {
  const std::vector<T> minus(from.rows, T(-1));
  scale_rows<T>({.a = from, .scale = minus.data(), .out = to});
}

}  // namespace

template <class T>
Matrix<const T> DeltaWork<T>::transposed(const Matrix<const T>& m) {
  const auto to = shaped(transposed_, m.columns, m.rows);
  transpose<T>(m, to);
  return to;
}

/// k_i . k_j below the diagonal, else 0.
template <class T>
Matrix<T> DeltaWork<T>::key_products(const Chunk& chunk) {
  const auto k = in_.rows_of(in_.k, chunk, in_.K);
  const auto products = shaped(products_, chunk.length, chunk.length);
  multiply<T>({.a = k, .b = transposed(k), .out = products, .triangle = Triangle::lower_out});
  clear_from_diagonal(products);
  return products;
}

/// L from the keys' products.
template <class T>
Matrix<T> DeltaWork<T>::scaled_columns(const Chunk& chunk, const Matrix<const T>& products) {
  const auto L = shaped(L_, chunk.length, chunk.length);
  for (int64_t i = 0; i < chunk.length; ++i) {
    const int64_t row = i * L.stride;
    multiply_elements<T>(
        {.a = products.data + row, .b = in_.beta + chunk.begin, .out = L.data + row, .count = chunk.length});
  }
  return L;
}

template <class T>
void DeltaWork<T>::forward(const Chunk& chunk, T* S, T* w_array, T* u_array) {
  const auto k = in_.rows_of(in_.k, chunk, in_.K), v = in_.rows_of(in_.v, chunk, in_.V);
  const auto w = rows(w_array, chunk, in_.V), u = rows(u_array, chunk, in_.V);
  const Matrix<T> state{S, in_.K, in_.V, in_.V};
  multiply<T>({.a = k, .b = state, .out = u});
  negate<T>(u, w);
  scale_rows<T>({.a = v, .scale = nullptr, .out = w, .add = true});
  solve<T>({.L = scaled_columns(chunk, key_products(chunk)), .x = w});
  scale_rows<T>({.a = w, .scale = in_.beta + chunk.begin, .out = u});
  multiply<T>({.a = k, .b = u, .out = state, .transpose_a = true, .add = true});
}

template <class T>
void DeltaWork<T>::backward(const Chunk& chunk, const DeltaGradients<T>& g) {
  const int64_t n = chunk.length;
  const T* beta = in_.beta + chunk.begin;
  const auto k = in_.rows_of(in_.k, chunk, in_.K);
  const auto w = in_.rows_of(g.w, chunk, in_.V), u = in_.rows_of(g.u, chunk, in_.V);
  const auto du = rows(g.du, chunk, in_.V), dk = rows(g.dk, chunk, in_.K), dv = rows(g.dv, chunk, in_.V);
  const Matrix<const T> S{g.S, in_.K, in_.V, in_.V};
  const Matrix<T> G{g.G, in_.K, in_.V, in_.V};
  // S' = S + K^T U
  multiply<T>({.a = k, .b = G, .out = du, .add = true});
  multiply<T>({.a = u, .b = transposed(G), .out = dk, .add = true});
  // U = beta o W, and (I + L) W = V - K S: X = dV solves the transposed system
  row_dots<T>(du, w, g.dbeta + chunk.begin);
  scale_rows<T>({.a = du, .scale = beta, .out = dv});
  const auto products = key_products(chunk);
  solve<T>({.L = scaled_columns(chunk, products), .x = dv, .transposed = true});
  const auto minus_x = shaped(x_, n, in_.V);
  negate<T>(dv, minus_x);
  // dL = -X W^T, of which the part below the diagonal belongs to beta and the keys
  const auto dL = shaped(dL_, n, n);
  multiply<T>({.a = minus_x, .b = transposed(w), .out = dL, .triangle = Triangle::lower_out});
  clear_from_diagonal(dL);
  for (int64_t i = 0; i < n; ++i) {
    T* row = dL.data + i * dL.stride;
    multiply_elements<T>({.a = row, .b = products.data + i * n, .out = g.dbeta + chunk.begin, .count = i, .add = true});
    multiply_elements<T>({.a = row, .b = beta, .out = row, .count = i});
  }
  multiply<T>({.a = dL, .b = k, .out = dk, .add = true, .triangle = Triangle::lower_a});
  multiply<T>({.a = dL, .b = k, .out = dk, .transpose_a = true, .add = true, .triangle = Triangle::upper_a});
  multiply<T>({.a = minus_x, .b = transposed(S), .out = dk, .add = true});
  multiply<T>({.a = k, .b = minus_x, .out = G, .transpose_a = true, .add = true});
}

template class DeltaWork<float>;
template class DeltaWork<double>;

}  // namespace cairn::ops
