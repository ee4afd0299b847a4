#include "cairn/ops/nade_cpu.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "cairn/ops/nade_kernels.h"

namespace cairn::ops {

namespace {

NadeEventsView view(const NadeEvents& events) {
  return {events.begin.data(), events.at.data(), events.input.data()};
}

torch::Tensor rows_tensor(const NadePlan& plan) {
  return torch::tensor(plan.rows, torch::kInt64);
}

/// [R, H] -> [R, stride]: rows in visiting order, padded with zeros.
torch::Tensor pack(const torch::Tensor& matrix, const NadePlan& plan, int64_t stride) {
  const int64_t R = matrix.size(0), H = matrix.size(1);
  auto packed = torch::empty({R, stride}, matrix.options());
  AT_DISPATCH_FLOATING_TYPES(matrix.scalar_type(), "pack", [&] {
    const auto* from = matrix.const_data_ptr<scalar_t>();
    auto* to = packed.data_ptr<scalar_t>();
    at::parallel_for(0, R, 64, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        std::copy_n(from + plan.rows[r] * H, H, to + r * stride);
        std::fill_n(to + r * stride + H, stride - H, scalar_t(0));
      }
    });
  });
  return packed;
}

}  // namespace

torch::Tensor nade_cpu_forward(const NadeParameters& p, const NadePlan& plan, const NadeEvents& events) {
  const int64_t B = static_cast<int64_t>(events.begin.size()) - 1, R = p.W.size(0), H = p.W.size(1);
  auto logits = torch::empty({B, R}, p.W.options());
  const int64_t width = nade_slice_width(p.W.element_size()), stride = (H + width - 1) / width * width;
  const auto W = pack(p.W, plan, stride), V = pack(p.V, plan, stride);
  const auto b = p.b.index_select(0, rows_tensor(plan)), c = torch::constant_pad_nd(p.c, {0, stride - H});
  AT_DISPATCH_FLOATING_TYPES(W.scalar_type(), "nade_cpu_forward", [&] {
    const NadeForwardJob<scalar_t> job{.events = view(events),
                                       .R = R,
                                       .stride = stride,
                                       .W = W.const_data_ptr<scalar_t>(),
                                       .V = V.const_data_ptr<scalar_t>(),
                                       .b = b.const_data_ptr<scalar_t>(),
                                       .c = c.const_data_ptr<scalar_t>(),
                                       .rows = plan.rows.data(),
                                       .logits = logits.data_ptr<scalar_t>()};
    at::parallel_for(0, B, 8, [&](int64_t begin, int64_t end) { nade_forward(job, begin, end); });
  });
  return logits;
}

NadeGradients nade_cpu_backward(const NadeParameters& p, const NadePlan& plan, const NadeEvents& events,
                                const torch::Tensor& grad) {
  const int64_t H = p.W.size(1);
  const NadeGradients d{
      .W = torch::empty_like(p.W), .V = torch::empty_like(p.V), .b = grad.sum(0), .c = torch::empty_like(p.c)};
  const auto packed_grad = grad.index_select(1, rows_tensor(plan));
  const int64_t width = nade_slice_width(p.W.element_size()), slices = (H + width - 1) / width;
  AT_DISPATCH_FLOATING_TYPES(p.W.scalar_type(), "nade_cpu_backward", [&] {
    const NadeBackwardJob<scalar_t> job{.events = view(events),
                                        .R = p.W.size(0),
                                        .H = H,
                                        .examples = grad.size(0),
                                        .W = p.W.const_data_ptr<scalar_t>(),
                                        .V = p.V.const_data_ptr<scalar_t>(),
                                        .c = p.c.const_data_ptr<scalar_t>(),
                                        .rows = plan.rows.data(),
                                        .grad = packed_grad.const_data_ptr<scalar_t>(),
                                        .dW = d.W.data_ptr<scalar_t>(),
                                        .dV = d.V.data_ptr<scalar_t>(),
                                        .dc = d.c.data_ptr<scalar_t>()};
    at::parallel_for(0, slices, 1, [&](int64_t begin, int64_t end) {
      for (int64_t slice = begin; slice < end; ++slice) nade_backward(job, slice);
    });
  });
  return d;
}

}  // namespace cairn::ops
