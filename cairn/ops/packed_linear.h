// y = x W^T + b for training, by packed products (packed_matrix.h) forward and backward: the same bits on however many
// threads.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// A [M, K] B [K, N], float or double on the processor, any strides -> [M, N]; `out` [M, N] with dense rows, if
/// defined, gets the product added to it and is returned. Not differentiable.
torch::Tensor packed_product(const torch::Tensor& A, const torch::Tensor& B, torch::Tensor out = {});

/// x [..., K], W [N, K], b [N] or undefined -> [..., N]. Differentiable once. Throws UsageError for shapes that do not
/// fit.
torch::Tensor packed_linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b = {});

}  // namespace cairn::ops
