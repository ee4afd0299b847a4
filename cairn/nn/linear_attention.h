// Linear attention (ops/linear_attention.h) as a kernel of nn/attention.h: a state of constant size instead of the keys
// and values of all positions.
#pragma once

#include <string>

#include "cairn/nn/attention.h"
#include "cairn/ops/linear_attention.h"

namespace cairn::nn {

/// What stands between the heads' projections and the operator.
enum class LinearKind {
  weighted,   ///< weights that sum to 1, of a similarity
  retention,  ///< q . k with a decay for each head, gamma = 1 - 2^(-5-h), and the heads' outputs scaled to root mean
              ///< square 1 (Sun et al. 2023, section 2.2)
  delta       ///< the delta rule of unit keys, beta = 1: a key's value is overwritten (Schlag et al. 2021)
};

class LinearAttention : public AttentionKernel {
 public:
  explicit LinearAttention(LinearKind kind, ops::Similarity similarity = ops::Similarity::dot);

  bool causal() const override { return similarity_ != ops::Similarity::efficient; }
  bool bidirectional() const override { return kind_ == LinearKind::weighted; }
  /// Throws UsageError for dropout of weights, of which there are none, and for a form that the kind does not have.
  torch::Tensor attend(const AttentionInput& input) const override;
  std::unique_ptr<AttentionState> start() const override;
  torch::Tensor step(const AttentionInput& newest, AttentionState& state) const override;

 private:
  ops::LinearAttentionOptions options_for(const torch::Tensor& q) const;
  torch::Tensor finished(const torch::Tensor& o) const;

  LinearKind kind_;
  ops::Similarity similarity_;
};

}  // namespace cairn::nn
