// Multi-head attention (Vaswani et al. 2017, section 3.2.2) over any kernel, whole or one position after the other.
//
//   heads_i = kernel(W_q x, W_k memory, W_v memory),   y = W_out [heads_1 .. heads_H]
//
// Parameters as in fairseq and Hugging Face: q_proj, k_proj, v_proj, out_proj, each with `weight` and `bias`; what a
// kernel asks for besides: gates.* (attention_gates.h), and a buffer `projection` of random features.
#pragma once

#include <memory>
#include <string>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "cairn/nn/attention.h"
#include "cairn/nn/attention_gates.h"
#include "cairn/nn/linear.h"

namespace cairn::nn {

struct MultiHeadAttentionOptions {
  int64_t width = 1;  ///< d_model, a multiple of heads
  int64_t heads = 1;
  bool bias = true;
  std::string kernel = "softmax";
  bool causal = false;          ///< what it will be asked for, so that a kernel without that form is refused at once
  double dropout = 0;           ///< of attention weights, in training
  double rotary_base = 0;       ///< 0: queries and keys are not turned by their position
  int64_t longest = 1024;       ///< AttentionKernelOptions
  int64_t random_features = 0;  ///< m of kernels that have some; 0: d ln d
};

/// Of a memory that is attended to more than once.
struct KeysValues {
  torch::Tensor k, v;  ///< [memories, H, S, d]
};

/// Whether a module is used, not trained: then it computes so that no result depends on what stands beside it. A
/// training step that runs a part again without gradients must get the same bits, so that the mode alone decides there.
bool for_use(const torch::nn::Module& module);

class MultiHeadAttentionImpl : public torch::nn::Module {
 public:
  /// Throws UsageError for a width that heads do not divide and a kernel that is unknown or has not the form asked for.
  MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options, const RandomStream& random);

  /// x [B, T, width] sees memory [memories, S, width] (itself for self-attention) -> [B, T, width].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& memory, const AttentionMask& mask) const;

  /// The same in two parts.
  KeysValues keys_values(const torch::Tensor& memory) const;
  torch::Tensor attend(const torch::Tensor& x, const KeysValues& memory, const AttentionMask& mask) const;

  /// What the definition weighs the memory's values with -> [B, H, T, S]; each row sums to 1. Of softmax alone: throws
  /// UsageError for another kernel.
  torch::Tensor weights(const torch::Tensor& x, const KeysValues& memory, const AttentionMask& mask) const;

  /// Causal self-attention T >= 1 positions further: x [B, T, width] stands at `position` and behind it. Not
  /// differentiable.
  torch::Tensor step(const torch::Tensor& x, AttentionState& state, int64_t position) const;
  std::unique_ptr<AttentionState> start() const { return kernel_->start(); }

  /// Random features, where the kernel has some, by draw `number` of their directions: a function of the number,
  /// however many were drawn before. A fresh block has draw 0.
  void redraw(int64_t number);

 private:
  void meet(const KernelNeeds& needs, const RandomStream& random);
  AttentionInput input(const torch::Tensor& x, int64_t position) const;
  AttentionInput input(const torch::Tensor& x, const KeysValues& memory, const AttentionMask& mask) const;
  torch::Tensor heads(const torch::Tensor& t) const;
  torch::Tensor turned(const torch::Tensor& t, int64_t first) const;
  torch::Tensor joined(const torch::Tensor& heads, const torch::Tensor& x) const;
  double dropout() const { return is_training() ? options_.dropout : 0; }

  MultiHeadAttentionOptions options_;
  std::shared_ptr<const AttentionKernel> kernel_;
  Linear q_proj_{nullptr}, k_proj_{nullptr}, v_proj_{nullptr}, out_proj_{nullptr};
  AttentionGates gates_{nullptr};
  torch::Tensor projection_;  // [m, d]
  RandomStream directions_;
  int64_t drawn_ = -1;  // none yet
};
TORCH_MODULE(MultiHeadAttention);

/// Every block of a network.
void redraw_random_features(torch::nn::Module& network, int64_t number);

}  // namespace cairn::nn
