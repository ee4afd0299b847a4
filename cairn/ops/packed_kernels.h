// The inner loops of products with a packed matrix, on plain memory; packed_matrix.cpp brings the tensors and threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "cairn/ops/small_products.h"

namespace cairn::ops {

/// Rows of any strides: number k of row m is at x[m * stride + k * step].
template <class T>
struct StridedRows {
  const T* x;
  int64_t stride, step;
};

/// `count` rows of `inputs` numbers become columns: out[k * out_row + m]. A count that is a constant is faster.
template <class T, class Count>
void lay_columns(const StridedRows<T>& rows, Count count, int64_t inputs, T* out, int64_t out_row) {
  const auto [x, stride, step] = rows;
  if (step == 1) return transpose<T>({x, count, inputs, stride}, {out, inputs, count, out_row});
  for (int64_t k = 0; k < inputs; ++k) {
    T* to = out + k * out_row;
    if (stride == 1) {
      std::copy_n(x + k * step, count, to);
    } else {
      for (int64_t m = 0; m < count; ++m) to[m] = x[m * stride + k * step];
    }
  }
}

/// Output columns of a panel.
int64_t packed_panel_width(int64_t bytes_of_type);

template <class T>
struct PackedJob {
  const T* panels;  ///< [panels, K, width]
  int64_t outputs, inputs;
  const T* x;
  int64_t x_stride;  ///< from row to row
  int64_t x_step;    ///< from a row's number to its next
  T* y;
  int64_t y_stride;
  int64_t rows;
  const T* bias;  ///< [outputs] or null
  bool accumulate;
};

/// The outputs of panels [begin, end) for all rows.
void packed_multiply(const PackedJob<float>& job, int64_t begin, int64_t end);
void packed_multiply(const PackedJob<double>& job, int64_t begin, int64_t end);

}  // namespace cairn::ops
