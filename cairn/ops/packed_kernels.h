// The inner loops of products with a packed matrix, on plain memory; packed_matrix.cpp brings the tensors and threads.
#pragma once

#include <cstdint>

namespace cairn::ops {

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
