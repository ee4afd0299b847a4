// Products of matrices of a few dozen rows on plain memory, one thread: where a library call costs as much as the work,
// or where a triangle halves it.
#pragma once

#include <cstdint>
#include <type_traits>

namespace cairn::ops {

/// Rows of `columns` numbers, `stride` numbers apart. T: float or double, const where it is only read.
template <class T>
struct Matrix {
  T* data;
  int64_t rows, columns, stride;

  Matrix part(int64_t begin, int64_t count) const { return {data + begin * stride, count, columns, stride}; }
  operator Matrix<const T>() const
    requires(!std::is_const_v<T>)
  {
    return {data, rows, columns, stride};
  }
};

/// What is known, or wanted, of a product out = A B.
enum class Triangle {
  none,
  lower_out,  ///< only out(i, j) with j <= i is wanted; some others are written too
  lower_a,    ///< A(i, k) = 0 for k > i
  upper_a     ///< A(i, k) = 0 for k < i
};

/// out = A B, or out += A B; A is `a`, or `a` transposed.
template <class T>
struct SmallProduct {
  Matrix<const T> a;
  Matrix<const T> b;
  Matrix<T> out;
  bool transpose_a = false;
  bool add = false;
  Triangle triangle = Triangle::none;
};

/// Each number of `out` is one sum in ascending order, whatever the sizes: the same bits alone and beside others.
template <class T>
void multiply(const SmallProduct<T>& product);

/// to(j, i) = from(i, j)
template <class T>
void transpose(const Matrix<const T>& from, const Matrix<T>& to);

}  // namespace cairn::ops
