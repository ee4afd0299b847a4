// Rows of attention divided by their sums of weights, on plain memory. T: float or double.
#pragma once

#include "cairn/ops/small_products.h"

namespace cairn::ops {

/// out(i, :) = all of a(i, :) but its last number, the sum, divided by it or by `least` where it is less; sums[i] is
/// it.
template <class T>
struct DividedRows {
  Matrix<const T> a;
  T least;
  Matrix<T> out;
  T* sums;
};
template <class T>
void divide_rows(const DividedRows<T>& job);

/// From the gradient of those rows, which were `o`, that of a: with o = n / s, dn = do / s and ds = -do . o / s.
template <class T>
struct UndividedRows {
  Matrix<const T> d_o, o;
  const T* sums;
  T least;
  Matrix<T> out;  ///< one column more
};
template <class T>
void undivide_rows(const UndividedRows<T>& job);

}  // namespace cairn::ops
