// What kernels of attention learn from a token besides its query, key and value.
//
//   alpha_t = sigma(W x_t)^(1/16)           one number a head (Sun et al. 2024, "You only cache once", gated
//   retention), or alpha_t = sigma(W_2 W_1 x_t + b)^(1/16) one a key feature, of rank 16 (Yang et al. 2024, gated
//   linear attention) beta_t  = sigma(W x_t)                  one number a head (Schlag et al. 2021) y_t     = silu(W
//   x_t) o heads_t         on what the heads give (Sun et al. 2023; Yang et al. 2024)
//
// Parameters: decay.weight; decay_low.weight, decay.weight and decay.bias; beta.weight; output.weight.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "cairn/nn/attention.h"
#include "cairn/nn/linear.h"

namespace cairn::nn {

struct AttentionGatesOptions {
  int64_t width = 1;
  int64_t heads = 1;
  KernelNeeds needs = {};
};

class AttentionGatesImpl : public torch::nn::Module {
 public:
  AttentionGatesImpl(const AttentionGatesOptions& options, const RandomStream& random);

  /// x [B, T, width] -> what its tokens keep of the state and how far they overwrite it; in float, or double for
  /// doubles.
  TokenGates of(const torch::Tensor& x) const;
  /// y [B, T, width] of the heads, multiplied by the gate of x; y itself where there is none.
  torch::Tensor let_through(const torch::Tensor& y, const torch::Tensor& x) const;

 private:
  torch::Tensor log_decay(const torch::Tensor& x) const;

  AttentionGatesOptions options_;
  Linear decay_low_{nullptr}, decay_{nullptr}, beta_{nullptr}, output_{nullptr};
};
TORCH_MODULE(AttentionGates);

}  // namespace cairn::nn
