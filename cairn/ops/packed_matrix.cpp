#include "cairn/ops/packed_matrix.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/ops/packed_kernels.h"

namespace cairn::ops {

namespace {

/// A panel for each `width` rows of `matrix`; behind the last row stand zeros.
template <class T>
void lay_panels(const torch::Tensor& matrix, int64_t width, const torch::Tensor& panels) {
  const int64_t N = matrix.size(0), K = matrix.size(1);
  const T* from = matrix.const_data_ptr<T>();
  T* out = panels.mutable_data_ptr<T>();
  constexpr int64_t kGrain = 1 << 14;  // numbers below which a second thread costs more than it brings
  at::parallel_for(0, panels.size(0), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, K * width)),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t p = begin; p < end; ++p) {
                       T* panel = out + p * K * width;
                       const int64_t count = std::min(width, N - p * width);
                       if (count < width) std::fill_n(panel, K * width, T(0));
                       const StridedRows<T> rows{from + p * width * matrix.stride(0), matrix.stride(0),
                                                 matrix.stride(1)};
                       lay_columns(rows, count, K, panel, width);
                     }
                   });
}

}  // namespace

PackedMatrix::PackedMatrix(const torch::Tensor& matrix) {
  if (matrix.dim() != 2 || !matrix.is_cpu() ||
      (matrix.scalar_type() != torch::kFloat32 && matrix.scalar_type() != torch::kFloat64)) {
    throw UsageError("packed matrix", got_expected(cat(matrix.dtype(), " ", matrix.sizes(), " on ", matrix.device()),
                                                   "float or double [N, K] on the processor"));
  }
  const torch::NoGradGuard no_grad;
  outputs_ = matrix.size(0);
  inputs_ = matrix.size(1);
  const int64_t width = packed_panel_width(matrix.element_size()), panels = (outputs_ + width - 1) / width;
  panels_ = torch::empty({panels, inputs_, width}, matrix.options().requires_grad(false));
  AT_DISPATCH_FLOATING_TYPES(scalar_type(), "packed_matrix", [&] { lay_panels<scalar_t>(matrix, width, panels_); });
}

template <class T>
void PackedMatrix::multiply_rows(const Rows<T>& rows) const {
  if (rows.count == 0) return;
  const PackedJob<T> job{.panels = panels_.const_data_ptr<T>(),
                         .outputs = outputs_,
                         .inputs = inputs_,
                         .x = rows.x,
                         .x_stride = rows.x_stride,
                         .x_step = rows.x_step,
                         .y = rows.y,
                         .y_stride = rows.y_stride,
                         .rows = rows.count,
                         .bias = rows.bias,
                         .accumulate = rows.accumulate};
  constexpr int64_t kWorth = 1 << 15;  // multiply-adds below which a second thread costs more than it brings
  const int64_t work = std::max<int64_t>(1, rows.count * inputs_ * panels_.size(2));
  at::parallel_for(0, panels_.size(0), std::max<int64_t>(1, kWorth / work),
                   [&](int64_t begin, int64_t end) { packed_multiply(job, begin, end); });
}

void PackedMatrix::multiply(const Rows<float>& rows) const {
  multiply_rows(rows);
}
void PackedMatrix::multiply(const Rows<double>& rows) const {
  multiply_rows(rows);
}

torch::Tensor PackedMatrix::multiply(const torch::Tensor& x, const torch::Tensor& bias) const {
  if (x.dim() == 0 || x.size(-1) != inputs_ || x.scalar_type() != scalar_type() || !x.is_cpu()) {
    throw UsageError("packed matrix", cat("x: ", got_expected(cat(x.dtype(), " ", x.sizes()),
                                                              cat(panels_.dtype(), " [..., ", inputs_, "]"))));
  }
  if (bias.defined() && (bias.sizes() != at::IntArrayRef({outputs_}) || bias.scalar_type() != scalar_type())) {
    throw UsageError("packed matrix", cat("bias: ", got_expected(cat(bias.dtype(), " ", bias.sizes()),
                                                                 cat(panels_.dtype(), " [", outputs_, "]"))));
  }
  const auto flat = x.contiguous(), b = bias.defined() ? bias.contiguous() : bias;
  auto sizes = x.sizes().vec();
  sizes.back() = outputs_;
  auto y = torch::empty(sizes, x.options().requires_grad(false));
  AT_DISPATCH_FLOATING_TYPES(scalar_type(), "packed_multiply", [&] {
    multiply(Rows<scalar_t>{.x = flat.const_data_ptr<scalar_t>(),
                            .x_stride = inputs_,
                            .y = y.mutable_data_ptr<scalar_t>(),
                            .y_stride = outputs_,
                            .count = outputs_ == 0 ? 0 : y.numel() / outputs_,
                            .bias = b.defined() ? b.const_data_ptr<scalar_t>() : nullptr,
                            .accumulate = false});
  });
  return y;
}

}  // namespace cairn::ops
