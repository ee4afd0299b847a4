// Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1): softmax(q k^T / sqrt(d)) v.
#pragma once

#include "cairn/nn/attention.h"

namespace cairn::nn {

class SoftmaxAttention : public AttentionKernel {
 public:
  /// By LibTorch's fused kernel; exact on the processor by our own (ops/attention_rows.h).
  torch::Tensor attend(const AttentionInput& input) const override;
  std::unique_ptr<AttentionState> start() const override;
  torch::Tensor step(const AttentionInput& newest, AttentionState& state) const override;
};

/// From the definition, all weights at once: the oracle. `weights`, if given, gets them: [B, H, T, S].
torch::Tensor softmax_attention_reference(const AttentionInput& input, torch::Tensor* weights = nullptr);

}  // namespace cairn::nn
