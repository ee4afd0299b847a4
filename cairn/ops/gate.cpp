#include "cairn/ops/gate.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/base/error.h"
#include "cairn/ops/gate_kernels.h"
#include "cairn/ops/optional_input.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// t [B, C, H, W] as [B, H, W, C] whose last dimension is dense.
torch::Tensor channels_innermost(const torch::Tensor& t) {
  const auto view = t.permute({0, 2, 3, 1});
  return view.stride(3) == 1 ? view : view.contiguous();
}

/// body(b, h) for each row of pixels, on all threads.
template <class Body>
void each_row(const torch::Tensor& pixels, const Body& body) {
  const int64_t H = pixels.size(1);
  at::parallel_for(0, pixels.size(0) * H, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i / H, i % H);
  });
}

template <class T>
T* row_at(const torch::Tensor& pixels, int64_t b, int64_t h) {
  return pixels.defined() ? pixels.data_ptr<T>() + b * pixels.stride(0) + h * pixels.stride(1) : nullptr;
}

struct Gate : torch::autograd::Function<Gate> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& a, const torch::Tensor& b_or_placeholder,
                               int64_t groups) {
    const auto b = without_placeholder(b_or_placeholder);
    const auto pixels = channels_innermost(a), other = b.defined() ? channels_innermost(b) : b;  // [B, H, W, 2 P]
    const auto B = a.size(0), P = a.size(1) / 2, H = a.size(2), W = a.size(3);
    const auto y = torch::empty({B, H, W, P}, a.options());
    const bool wants_gradient = a.requires_grad() || (b.defined() && b.requires_grad());
    const auto halves = wants_gradient ? torch::empty({B, H, W, 2 * P}, a.options()) : torch::Tensor();
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, a.scalar_type(), "gate", [&] {
      each_row(pixels, [&](int64_t n, int64_t h) {
        gate_row(GateRow<scalar_t>{.a = row_at<scalar_t>(pixels, n, h),
                                   .b = row_at<scalar_t>(other, n, h),
                                   .halves = row_at<scalar_t>(halves, n, h),
                                   .y = row_at<scalar_t>(y, n, h),
                                   .a_stride = pixels.stride(2),
                                   .b_stride = other.defined() ? other.stride(2) : 0,
                                   .count = W,
                                   .channels = 2 * P,
                                   .groups = groups});
      });
    });
    ctx->save_for_backward({halves});
    ctx->saved_data["groups"] = groups;
    ctx->saved_data["two"] = b.defined();
    return y.permute({0, 3, 1, 2});
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto halves = ctx->get_saved_variables()[0];
    const auto dy = channels_innermost(grads[0].to(halves.scalar_type()));
    const auto da = torch::empty_like(halves);
    AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, da.scalar_type(), "gate_backward", [&] {
      each_row(halves, [&](int64_t n, int64_t h) {
        gate_gradient_row(GateGradientRow<scalar_t>{.halves = row_at<scalar_t>(halves, n, h),
                                                    .dy = row_at<scalar_t>(dy, n, h),
                                                    .da = row_at<scalar_t>(da, n, h),
                                                    .dy_stride = dy.stride(2),
                                                    .count = halves.size(2),
                                                    .channels = halves.size(3),
                                                    .groups = ctx->saved_data["groups"].toInt()});
      });
    });
    const auto gradient = da.permute({0, 3, 1, 2});
    return {gradient, ctx->saved_data["two"].toBool() ? gradient : torch::Tensor(), torch::Tensor()};
  }
};

void check(const torch::Tensor& a, const torch::Tensor& b, int64_t groups) {
  if (a.dim() != 4 || groups < 1 || a.size(1) % (2 * groups) != 0) {
    throw UsageError("gate", got_expected(cat("a ", a.sizes(), ", ", groups, " groups"),
                                          "[B, C, H, W] whose channels divide by twice the groups"));
  }
  if (b.defined() && (b.sizes() != a.sizes() || b.scalar_type() != a.scalar_type())) {
    throw UsageError("gate", cat("b: ", got_expected(cat(b.dtype(), " ", b.sizes()), cat(a.dtype(), " ", a.sizes()))));
  }
}

}  // namespace

torch::Tensor gate(const torch::Tensor& a, const torch::Tensor& b, int64_t groups) {
  check(a, b, groups);
  if (!a.is_cpu()) return gate_reference(a, b, groups);
  return Gate::apply(a, or_placeholder(b), groups);
}

torch::Tensor gate_reference(const torch::Tensor& a, const torch::Tensor& b, int64_t groups) {
  check(a, b, groups);
  const auto sum = b.defined() ? a + b : a;
  const auto halves = sum.reshape({a.size(0), groups, 2, a.size(1) / (2 * groups), a.size(2), a.size(3)});
  const auto y = torch::tanh(halves.select(2, 0)) * torch::sigmoid(halves.select(2, 1));
  return y.reshape({a.size(0), a.size(1) / 2, a.size(2), a.size(3)});
}

}  // namespace cairn::ops
