// A weight matrix laid out for products with few rows, as a recurrence makes at each of its steps.
//
// Panels of a few output columns lie together, so that the inner loop reads memory in order and a panel stays in the
// first cache while all rows pass over it. Every output is one sum over the inputs in ascending order, by fused
// multiply-adds from zero: a row's result is the same bits whatever rows stand beside it, on however many threads and
// on every machine.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

class PackedMatrix {
 public:
  PackedMatrix() = default;
  /// matrix [N, K]: float or double on the processor, any strides. Throws UsageError for anything else.
  explicit PackedMatrix(const torch::Tensor& matrix);

  bool defined() const { return panels_.defined(); }
  int64_t outputs() const { return outputs_; }
  int64_t inputs() const { return inputs_; }
  torch::ScalarType scalar_type() const { return panels_.scalar_type(); }

  /// y = x M^T + bias for x [..., K] -> [..., N]; bias [N] may be undefined. On all threads. Not differentiable.
  torch::Tensor multiply(const torch::Tensor& x, const torch::Tensor& bias = {}) const;

  /// Rows of plain memory; T is the matrix's type.
  template <class T>
  struct Rows {
    const T* x;  ///< [count, K], rows `x_stride` apart
    int64_t x_stride;
    T* y;  ///< [count, N], rows `y_stride` apart
    int64_t y_stride;
    int64_t count;
    const T* bias;       ///< [N] or null
    bool accumulate;     ///< add to what y holds (bias must be null)
    int64_t x_step = 1;  ///< from a row's number to its next
  };
  /// On the threads that are free: those of a parallel region multiply alone.
  void multiply(const Rows<float>& rows) const;
  void multiply(const Rows<double>& rows) const;

 private:
  template <class T>
  void multiply_rows(const Rows<T>& rows) const;

  torch::Tensor panels_;  // [ceil(N / width), K, width], zeros behind the last output
  int64_t outputs_ = 0, inputs_ = 0;
};

}  // namespace cairn::ops
