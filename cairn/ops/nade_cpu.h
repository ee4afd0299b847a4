// NADE's fast kernel for processors (Highway: the best vector instructions that the machine has).
#pragma once

#include "cairn/ops/nade_plan.h"

namespace cairn::ops {

/// Contiguous processor tensors of one type, float or double.
struct NadeParameters {
  torch::Tensor W, V;  ///< [R, H], rows in their own order
  torch::Tensor b;     ///< [R]
  torch::Tensor c;     ///< [H]
};

struct NadeGradients {
  torch::Tensor W, V, b, c;
};

/// Logits [B, R], rows in their own order.
torch::Tensor nade_cpu_forward(const NadeParameters& p, const NadePlan& plan, const NadeEvents& events);

/// Gradients for `grad` [B, R], that of the logits. The hidden states are computed anew.
NadeGradients nade_cpu_backward(const NadeParameters& p, const NadePlan& plan, const NadeEvents& events,
                                const torch::Tensor& grad);

}  // namespace cairn::ops
