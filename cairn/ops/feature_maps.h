// Elementwise maps to numbers of at least 0, fused into one pass each way.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

enum class FeatureMap {
  elu,           ///< elu(x) + 1, without the cancellation of -1 + 1 far below 0
  relu,          ///< max(0, x)
  squared_relu,  ///< max(0, x)^2
  exp,           ///< e^x
  sigmoid,       ///< 1 / (1 + e^-x)
  softplus       ///< log(1 + e^x)
};

/// phi(x) of any shape, dense; float or double; differentiable once. On the processor a number's result is the same
/// bits wherever it stands; on other devices by LibTorch's operators.
torch::Tensor feature_map(const torch::Tensor& x, FeatureMap map);

}  // namespace cairn::ops
