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

/// How the backward kernel wants matrices [R, H]: [slices, R, width], rows in visiting order, padded with zeros.
struct Slices {
  Slices(const NadePlan& visiting, int64_t hidden, int64_t bytes_of_type)
      : plan(visiting), H(hidden), width(nade_slice_width(bytes_of_type)), count((H + width - 1) / width) {}

  torch::Tensor zeros(const torch::Tensor& like) const {
    return torch::zeros({count, static_cast<int64_t>(plan.rows.size()), width}, like.options());
  }
  torch::Tensor pack(const torch::Tensor& matrix) const {
    auto slices = zeros(matrix);
    each_piece(matrix, slices, [](auto* of_matrix, auto* of_slice, int64_t n) { std::copy_n(of_matrix, n, of_slice); });
    return slices;
  }
  torch::Tensor unpack(torch::Tensor slices) const {
    auto matrix = torch::empty({slices.size(1), H}, slices.options());
    each_piece(matrix, slices, [](auto* of_matrix, auto* of_slice, int64_t n) { std::copy_n(of_slice, n, of_matrix); });
    return matrix;
  }
  /// [slices, width] of a vector [H].
  torch::Tensor pack_vector(const torch::Tensor& vector) const {
    return torch::constant_pad_nd(vector, {0, count * width - H}).view({count, width});
  }

  /// Calls body for where the same n values lie in both layouts.
  template <class Body>
  void each_piece(const torch::Tensor& matrix, const torch::Tensor& slices, const Body& body) const {
    AT_DISPATCH_FLOATING_TYPES(matrix.scalar_type(), "nade_slices", [&] {
      auto *of_matrix = matrix.data_ptr<scalar_t>(), *of_slices = slices.data_ptr<scalar_t>();
      const int64_t R = slices.size(1);
      at::parallel_for(0, R, 64, [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          for (int64_t k = 0; k < count; ++k) {
            body(of_matrix + plan.rows[r] * H + k * width, of_slices + (k * R + r) * width,
                 std::min(width, H - k * width));
          }
        }
      });
    });
  }

  const NadePlan& plan;
  int64_t H, width, count;
};

/// [B, R] -> [tiles, B, kNadeTile]: columns in visiting order, padded with zeros.
torch::Tensor tiled(const torch::Tensor& grad, const NadePlan& plan) {
  const int64_t B = grad.size(0), R = grad.size(1), tiles = (R + kNadeTile - 1) / kNadeTile;
  const auto packed = torch::constant_pad_nd(grad.index_select(1, rows_tensor(plan)), {0, tiles * kNadeTile - R});
  return packed.view({B, tiles, kNadeTile}).transpose(0, 1).contiguous();
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
  const Slices slices(plan, p.W.size(1), p.W.element_size());
  const auto W = slices.pack(p.W), V = slices.pack(p.V), c = slices.pack_vector(p.c), g = tiled(grad, plan);
  auto dW = slices.zeros(p.W), dV = slices.zeros(p.V), dc = torch::zeros_like(c);
  AT_DISPATCH_FLOATING_TYPES(p.W.scalar_type(), "nade_cpu_backward", [&] {
    const NadeBackwardJob<scalar_t> job{.events = view(events),
                                        .R = p.W.size(0),
                                        .examples = grad.size(0),
                                        .W = W.const_data_ptr<scalar_t>(),
                                        .V = V.const_data_ptr<scalar_t>(),
                                        .c = c.const_data_ptr<scalar_t>(),
                                        .grad = g.const_data_ptr<scalar_t>(),
                                        .dW = dW.data_ptr<scalar_t>(),
                                        .dV = dV.data_ptr<scalar_t>(),
                                        .dc = dc.data_ptr<scalar_t>()};
    at::parallel_for(0, slices.count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t slice = begin; slice < end; ++slice) nade_backward(job, slice);
    });
  });
  return {.W = slices.unpack(dW), .V = slices.unpack(dV), .b = grad.sum(0), .c = dc.view(-1).slice(0, 0, slices.H)};
}

}  // namespace cairn::ops
