// Dropout (Srivastava et al. 2014) without a stored mask: each call draws one key, and the mask follows from the key
// and the place of each number, forward and backward, by Philox.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// x, any shape -> y = x m / (1 - p), each m 1 with probability 1 - p, else 0; x itself if p is 0. The key comes from
/// LibTorch's generator, so that a seed and a saved state of it give the same masks, with any number of threads. Float,
/// double or bfloat16 on the processor, elsewhere LibTorch's dropout; differentiable once. Throws UsageError for p
/// outside [0, 1).
torch::Tensor dropout(const torch::Tensor& x, double p);

}  // namespace cairn::ops
