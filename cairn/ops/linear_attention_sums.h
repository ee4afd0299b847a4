// The sums of weights that rows of attention are divided by, on plain memory. As values they would be one more column,
// a whole vector of it; here they cost what they are. T: float or double.
#pragma once

#include "cairn/ops/small_products.h"

namespace cairn::ops {

/// sums[i] = all of P(i, :), and q(i, :) . z: the weights of row i. o(i, :) is divided by it, or by `least` where it is
/// less.
template <class T>
struct DividedRows {
  Matrix<const T> P, q;
  const T* z;
  T least;
  Matrix<T> o;
  T* sums;
};
template <class T>
void divide_rows(const DividedRows<T>& job);

/// From the gradient of those rows that of what was divided: with o = n / s, dn = do / s and ds = -do . o / s.
template <class T>
struct UndividedRows {
  Matrix<const T> d_o, o;
  const T* sums;
  T least;
  Matrix<T> dn;
  T* ds;
};
template <class T>
void undivide_rows(const UndividedRows<T>& job);

/// out[f * stride] = sum over i of w[i] a(i, f); w null stands for ones.
template <class T>
struct ColumnSums {
  Matrix<const T> a;
  const T* w;
  T* out;
  int64_t stride;
};
template <class T>
void sum_columns(const ColumnSums<T>& job);

/// out(i, j) += w[i] row[j]; a null stands for ones.
template <class T>
struct OuterProduct {
  const T* w;
  const T* row;
  Matrix<T> out;
};
template <class T>
void add_outer(const OuterProduct<T>& job);

}  // namespace cairn::ops
