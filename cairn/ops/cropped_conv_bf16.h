// The convolution of cropped_conv.h in bfloat16, for processors that multiply it (AVX512-BF16, AMX): products by
// LibTorch, which has them from oneDNN; borders, max(., 0) and their gradients in one pass each beside them.
#pragma once

#include <torch/types.h>

#include "cairn/ops/cropped_conv.h"

namespace cairn::ops {

/// Whether this processor has instructions for products of bfloat16. (Others take many times as long for them.)
bool multiplies_bf16();

/// cropped_conv for shapes that fit, rounded to bfloat16: inputs, weights, result and the gradients of all but the
/// bias. Weight and bias are float, x and residual of any type; y is bfloat16.
torch::Tensor cropped_conv_bf16(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                const CroppedConvOptions& options, const torch::Tensor& residual = {});

}  // namespace cairn::ops
