// The slow definition of a block of logistic pairs, in double precision.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// L of logistic_pairs.h, a scalar: x [B, D], c [U, D], p and n [B, U]. Differentiable.
torch::Tensor logistic_pairs_reference(const torch::Tensor& x, const torch::Tensor& c, const torch::Tensor& p,
                                       const torch::Tensor& n);

}  // namespace cairn::ops
