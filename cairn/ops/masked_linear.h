// A linear layer whose mask is a staircase: output j sees the first reach[j] inputs, and reach never falls.
//
// Masks of autoregressive networks have this shape once units are sorted by degree (Germain et al. 2015, section 3).
// The masked product is then block lower triangular, and a block of outputs is one product with the inputs it can
// reach: about half of the work of the dense product, forward and backward.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace cairn::ops {

class StaircaseMask {
 public:
  StaircaseMask() = default;
  /// Throws UsageError if `reach` falls somewhere or leaves 0 .. inputs.
  StaircaseMask(std::vector<int64_t> reach, int64_t inputs);

  int64_t inputs() const { return inputs_; }
  int64_t outputs() const { return static_cast<int64_t>(reach_.size()); }
  const std::vector<int64_t>& reach() const { return reach_; }

  /// A block of outputs [begin, end) and the inputs [0, columns) that the last of them reaches; all reach [0, full).
  struct Block {
    int64_t begin, end, columns, full;
  };
  const std::vector<Block>& blocks() const { return blocks_; }

  /// [outputs, inputs] of 0 and 1.
  torch::Tensor dense(torch::TensorOptions options) const;
  /// Zeroes what the mask forbids in W [outputs, inputs], in place.
  void apply_(torch::Tensor W) const;

 private:
  std::vector<int64_t> reach_;
  int64_t inputs_ = 0;
  std::vector<Block> blocks_;
};

/// y = x (W * M)^T + b: x [B, inputs], W [outputs, inputs], b [outputs] -> [B, outputs], differentiable in x, W and b.
/// W must be zero where the mask forbids (StaircaseMask::apply_): only then are skipped blocks the same as masked ones.
/// The gradient of W is zero there too. Under autocast the products run in autocast's type, results return to x's.
/// Throws UsageError for wrong shapes.
torch::Tensor masked_linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b,
                            const StaircaseMask& mask);

}  // namespace cairn::ops
