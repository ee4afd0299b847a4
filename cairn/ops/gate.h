// The gated activation of van den Oord et al. 2016 ("Conditional image generation with PixelCNN decoders", eq. 2) as
// one operator: y = tanh(a_f) o sigma(a_g), one pass forward and one backward.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// a [B, 2 P, H, W] -> y [B, P, H, W], channels last in memory (a: any strides; channels last without a copy, its views
/// too). Channels lie in `groups` blocks, each half a_f, half a_g. `b`, of a's shape or undefined, is added to a first.
/// Float, double or bfloat16 on the processor, elsewhere by the definition; differentiable once in a and b. Throws
/// UsageError for channels that do not divide by 2 groups and for a `b` of another shape or type.
torch::Tensor gate(const torch::Tensor& a, const torch::Tensor& b = {}, int64_t groups = 1);

/// From the definition, differentiable by autograd: the oracle.
torch::Tensor gate_reference(const torch::Tensor& a, const torch::Tensor& b = {}, int64_t groups = 1);

}  // namespace cairn::ops
