// The arithmetic of linear attention that is no matrix product, on plain memory. T: float or double.
#pragma once

#include <cstdint>

#include "cairn/ops/small_products.h"

namespace cairn::ops {

/// Which tokens of a run lie between a token and the place it is seen from.
enum class Seen {
  from_before,  ///< from the front of the run: the token itself and all before it
  from_behind   ///< from the run's end: all tokens behind it
};

/// out(i, f) = exp of the sum of log(s, f) over the tokens s that `seen` names. log <= 0, so nothing overflows.
template <class T>
void decay_scales(const Matrix<const T>& log, Seen seen, const Matrix<T>& out);

/// out = a o b, or out += a o b, `count` numbers.
template <class T>
struct Elementwise {
  const T* a;
  const T* b;
  T* out;
  int64_t count;
  bool add = false;
};
template <class T>
void multiply_elements(const Elementwise<T>& job);

/// out(i, :) = scale[i] a(i, :), or +=; with `scale` null the factor is 1.
template <class T>
struct ScaledRows {
  Matrix<const T> a;
  const T* scale;
  Matrix<T> out;
  bool add = false;
};
template <class T>
void scale_rows(const ScaledRows<T>& job);

/// out[i] = a(i, :) . b(i, :)
template <class T>
void row_dots(const Matrix<const T>& a, const Matrix<const T>& b, T* out);

/// P(i, j) *= exp(b[i] - b[j]) for j <= i, and 0 above the diagonal; with `b` null the factor is 1. b falls.
template <class T>
void decay_lower(const Matrix<T>& P, const double* b);

/// The gradient of a run's log decay, feature by feature: out(s, f) = end[f] + sum over i >= s of (q dq - k dk)(i, f).
template <class T>
struct LogDecayGradient {
  Matrix<const T> q, dq, k, dk;  ///< all without gaps between rows, as is `out`
  const T* end;
  T* out;
};
template <class T>
void log_decay_gradient(const LogDecayGradient<T>& job);

/// Solves (I + L) X = B, or its transpose, in place: `x` is B before and X after. L is what lies below the diagonal.
template <class T>
struct UnitTriangularSolve {
  Matrix<const T> L;
  Matrix<T> x;
  bool transposed = false;
};
template <class T>
void solve(const UnitTriangularSolve<T>& job);

/// One token of one head: decay, write, read. S [K, V] dense, in place.
template <class T>
struct AttentionStep {
  T* S;
  const T* q;
  const T* k;
  const T* v;
  T* o;
  int64_t K, V;
  const T* decay;        ///< [K] factors, or null: 1
  const T* beta;         ///< the delta rule's strength, or null: plain sum
  T* scratch = nullptr;  ///< [V]; with beta
};
template <class T>
void attention_step(const AttentionStep<T>& step);

}  // namespace cairn::ops
