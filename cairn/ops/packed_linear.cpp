#include "cairn/ops/packed_linear.h"

#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/base/error.h"
#include "cairn/ops/optional_input.h"
#include "cairn/ops/packed_matrix.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct PackedLinear : torch::autograd::Function<PackedLinear> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, const torch::Tensor& W,
                               const torch::Tensor& bias) {
    ctx->save_for_backward({x, W});
    return PackedMatrix(W).multiply(x, without_placeholder(bias.detach()));
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto &x = saved[0], &W = saved[1];
    const auto dy = grads[0].contiguous();
    const auto rows = dy.flatten(0, -2);
    torch::Tensor dx, dW, db;
    if (ctx->needs_input_grad(0)) dx = PackedMatrix(W.t()).multiply(dy);
    if (ctx->needs_input_grad(1)) dW = packed_product(rows.t(), x.detach().reshape({-1, x.size(-1)}));
    if (ctx->needs_input_grad(2)) db = rows.sum(0);
    return {dx, dW, db};
  }
};

}  // namespace

torch::Tensor packed_product(const torch::Tensor& A, const torch::Tensor& B, torch::Tensor out) {
  if (A.dim() != 2 || B.dim() != 2 || A.size(1) != B.size(0) || A.scalar_type() != B.scalar_type()) {
    throw UsageError("packed product",
                     got_expected(cat(A.dtype(), " ", A.sizes(), " times ", B.dtype(), " ", B.sizes()),
                                  "[M, K] times [K, N] of one type"));
  }
  const bool accumulate = out.defined();
  if (!accumulate) out = torch::empty({A.size(0), B.size(1)}, A.options().requires_grad(false));
  const PackedMatrix packed(B.t());
  AT_DISPATCH_FLOATING_TYPES(A.scalar_type(), "packed_product", [&] {
    packed.multiply(PackedMatrix::Rows<scalar_t>{.x = A.const_data_ptr<scalar_t>(),
                                                 .x_stride = A.stride(0),
                                                 .y = out.mutable_data_ptr<scalar_t>(),
                                                 .y_stride = out.stride(0),
                                                 .count = A.size(0),
                                                 .bias = nullptr,
                                                 .accumulate = accumulate,
                                                 .x_step = A.stride(1)});
  });
  return out;
}

torch::Tensor packed_linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b) {
  return PackedLinear::apply(x, W, or_placeholder(b));
}

}  // namespace cairn::ops
