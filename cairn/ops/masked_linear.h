// A linear layer whose mask is a staircase: MADE's masked layers once units are sorted by degree (Germain et al. 2015).
//
//   y = x (W o M)^T + b,   M[j, i] = 1 if i < reach[j],   reach ascending
//
// Rows are taken in blocks; each block is one matrix product over the inputs that its last row reaches, forward and
// backward. So about half of the dense work is left.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace cairn::ops {

struct StaircaseMask {
  std::vector<int64_t> reach;  ///< [outputs] output j sees inputs 0 .. reach[j] - 1; ascending, at most `inputs`
  int64_t inputs = 0;

  int64_t outputs() const { return static_cast<int64_t>(reach.size()); }
  /// [outputs, inputs] of 0 and 1.
  torch::Tensor dense(const torch::TensorOptions& options) const;
  /// Sets the masked entries of `weight` [outputs, inputs] to zero, in place and unseen by autograd.
  void apply_(torch::Tensor weight) const;
};

/// x [B, inputs], weight [outputs, inputs], bias [outputs] -> [B, outputs], differentiable in all three (once); the
/// gradient of a masked entry is zero. Masked entries of `weight` must be zero (`apply_` after each change of mask and
/// each optimiser step): those inside a block's own stairs take part in its product. Any device; follows autocast.
/// Throws UsageError for shapes that do not fit and for a mask that is no staircase.
torch::Tensor masked_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                            const StaircaseMask& mask);

}  // namespace cairn::ops
