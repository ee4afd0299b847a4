#include "cairn/ops/nade.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/base/error.h"
#include "cairn/ops/nade_chunked.h"
#include "cairn/ops/nade_cpu.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

void check_shape(const char* name, const torch::Tensor& t, std::vector<int64_t> expected, const torch::Tensor& W) {
  if (t.sizes() != at::IntArrayRef(expected)) {
    throw UsageError("nade", cat(name, ": ", got_expected(t.sizes(), at::IntArrayRef(expected))));
  }
  if (t.scalar_type() != W.scalar_type() || t.device() != W.device()) {
    throw UsageError("nade", cat(name, ": ",
                                 got_expected(cat(t.scalar_type(), " on ", t.device()),
                                              cat(W.scalar_type(), " on ", W.device(), " as W"))));
  }
}

void check_order(const std::vector<int64_t>& order, int64_t D) {
  std::vector<bool> seen(D, false);
  for (const int64_t d : order) {
    if (d < 0 || d >= D || seen[d]) throw UsageError("nade", cat("order: variable ", d, " is repeated or unknown"));
    seen[d] = true;
  }
  if (static_cast<int64_t>(order.size()) != D) throw UsageError("nade", cat("order: ", got_expected(order.size(), D)));
}

void check(const NadeInput& in) {
  const int64_t R = in.variables.R();
  if (in.W.dim() != 2) throw UsageError("nade", cat("W: ", got_expected(in.W.sizes(), cat("[", R, ", H]"))));
  const auto type = in.W.scalar_type();
  if (type != torch::kFloat32 && type != torch::kFloat64) {
    throw UsageError("nade", cat("W: ", got_expected(type, "Float or Double")));
  }
  const int64_t H = in.W.size(1);
  check_shape("W", in.W, {R, H}, in.W);
  check_shape("V", in.V, {R, H}, in.W);
  check_shape("b", in.b, {R}, in.W);
  check_shape("c", in.c, {H}, in.W);
  check_order(in.order, in.variables.D());
  if (in.x.device() != in.W.device()) {
    throw UsageError("nade", cat("x: ", got_expected(in.x.device(), cat(in.W.device(), " as W"))));
  }
  check_levels(in.x, in.variables, "nade: x");
}

/// The processor kernel as a differentiable operator.
struct CpuNade : torch::autograd::Function<CpuNade> {
  static torch::Tensor forward(AutogradContext* ctx, const NadeInput& in, const torch::Tensor& W,
                               const torch::Tensor& V, const torch::Tensor& b, const torch::Tensor& c) {
    ctx->save_for_backward({in.x, W, V, b, c});
    ctx->saved_data["levels"] = in.variables.levels;
    ctx->saved_data["order"] = in.order;
    const NadePlan plan(in.variables, in.order);
    return nade_cpu_forward({W, V, b, c}, plan, NadeEvents(in.x, in.order, plan));
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const Variables variables(ctx->saved_data["levels"].toIntVector());
    const auto order = ctx->saved_data["order"].toIntVector();
    const NadePlan plan(variables, order);
    const auto d = nade_cpu_backward({saved[1], saved[2], saved[3], saved[4]}, plan, NadeEvents(saved[0], order, plan),
                                     grads[0].contiguous());
    return {{}, d.W, d.V, d.b, d.c};
  }
};

}  // namespace

torch::Tensor nade(const NadeInput& in) {
  check(in);
  if (in.W.is_cpu())
    return CpuNade::apply(in, in.W.contiguous(), in.V.contiguous(), in.b.contiguous(), in.c.contiguous());
  if (in.variables.D() == 0) return torch::zeros({in.x.size(0), 0}, in.W.options());
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return nade_chunked(in);
}

}  // namespace cairn::ops
