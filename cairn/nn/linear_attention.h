// Linear attention (ops/linear_attention.h) as a kernel of nn/attention.h: a state of constant size instead of the keys
// and values of all positions.
#pragma once

#include "cairn/nn/attention.h"
#include "cairn/ops/linear_attention.h"

namespace cairn::nn {

/// What stands between the heads' projections and the operator. Of rule `sum`, weights of a similarity that sum to 1;
/// `decay` and `delta` are not normalised.
struct LinearAttentionKind {
  ops::Similarity similarity = ops::Similarity::elu;
  ops::StateRule rule = ops::StateRule::sum;
  /// Without a learnt decay, `decay` has a fixed one for each head, gamma = 1 - 2^(-5-h) (Sun et al. 2023); without a
  /// learnt beta, that of `delta` is 1.
  KernelNeeds needs = {};
  bool scaled_heads = false;  ///< the heads' outputs are scaled to root mean square 1
};

class LinearAttention : public AttentionKernel {
 public:
  explicit LinearAttention(const LinearAttentionKind& kind, int64_t longest = 1024);

  bool bidirectional() const override { return kind_.rule == ops::StateRule::sum; }
  KernelNeeds needs() const override { return kind_.needs; }
  /// Throws UsageError for dropout of weights, of which there are none, and for a form that the kind does not have.
  torch::Tensor attend(const AttentionInput& input) const override;
  std::unique_ptr<AttentionState> start() const override;
  torch::Tensor step(const AttentionInput& newest, AttentionState& state) const override;

 private:
  ops::LinearAttentionOptions options_for(const AttentionInput& in) const;
  torch::Tensor finished(const torch::Tensor& o) const;

  LinearAttentionKind kind_;
  int64_t longest_;
};

}  // namespace cairn::nn
