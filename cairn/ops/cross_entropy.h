// Softmax cross-entropy over a large vocabulary straight from the hidden states: the logits of all positions never
// exist.
//
//   loss_n = log sum_v exp(l_nv) - l_n,target(n),   l = h W^T + b
//
// With label smoothing (Szegedy et al. 2016, section 7) the target is (1 - s) one hot + s / V:
//
//   smoothed_n = (1 - s) loss_n + s / V sum_v (log sum_w exp(l_nw) - l_nv)
//
// Positions are taken a chunk at a time. Where a gradient is wanted, the chunk's logits become their own gradient on
// the spot, and those of h, W and b are products with it: three products in all, none made twice.
#pragma once

#include <torch/types.h>

#include "cairn/ops/packed_matrix.h"

namespace cairn::ops {

struct CrossEntropyOptions {
  int64_t ignore = -1;            ///< positions with this target count for nothing; their loss is 0
  double smoothing = 0;           ///< s, 0 <= s < 1
  int64_t chunk_bytes = 8 << 20;  ///< of logits at a time
};

struct CrossEntropy {
  /// Of the smoothed losses over the positions that count; 0 if there are none. Differentiable in h, W and b, once.
  torch::Tensor mean;
  torch::Tensor losses;  ///< [N] nats, without smoothing, of the type of h; not differentiable
  int64_t count = 0;     ///< positions that count
};

/// h [N, D], W [V, D], b [V] or undefined, targets [N] int64 within 0 .. V - 1. Float or double; follows autocast in
/// the products. Throws UsageError for shapes that do not fit, a target out of range (its position named) and a
/// smoothing out of range.
CrossEntropy cross_entropy(const torch::Tensor& h, const torch::Tensor& W, const torch::Tensor& b,
                           const torch::Tensor& targets, const CrossEntropyOptions& options = {});

/// The losses alone, without smoothing, with W packed: a position's loss is the same bits whatever stands beside it.
torch::Tensor cross_entropy_losses(const torch::Tensor& h, const PackedMatrix& W, const torch::Tensor& b,
                                   const torch::Tensor& targets, const CrossEntropyOptions& options = {});

/// From the definition, all logits at once, differentiable by autograd: the oracle of the chunked one.
CrossEntropy cross_entropy_reference(const torch::Tensor& h, const torch::Tensor& W, const torch::Tensor& b,
                                     const torch::Tensor& targets, const CrossEntropyOptions& options = {});

}  // namespace cairn::ops
