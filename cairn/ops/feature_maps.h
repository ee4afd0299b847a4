// Elementwise maps to numbers of at least 0, fused into one pass each way.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

enum class FeatureMap {
  elu,          ///< elu(x) + 1, without the cancellation of -1 + 1 far below 0
  relu,         ///< max(0, x)
  squared_relu  ///< max(0, x)^2
};

/// phi(x) of any shape, dense; float or double; differentiable once. On other devices than the processor by LibTorch's
/// operators.
torch::Tensor feature_map(const torch::Tensor& x, FeatureMap map);

}  // namespace cairn::ops
