// Tokens or features in, hidden states out, and what is predicted from them at each step.
//
//   language model:  u_t = E[x_t],  h_t = stack(u_t),  p(x_t+1) = softmax(W h_t + b)
//   labelling:       u_t = (x_t - mean) / scale or E[x_t],  ...,  p(y_t) = softmax(W h_t + b)
//   states:          u_t = x_t,  h_t = stack(u_t) and nothing behind it: nn.LSTM, nn.GRU or nn.RNN alone
//
// Names as in PyTorch's word language model: encoder.weight, rnn.weight_ih_l0, ..., decoder.weight, decoder.bias.
#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "cairn/models/rnn/recurrent_stack.h"
#include "cairn/models/rnn/rnn_config.h"
#include "cairn/nn/chain.h"

namespace cairn::rnn {

/// What is not an option: how many tokens or features come in, and tokens or labels go out.
struct Sizes {
  int64_t inputs = 0;
  int64_t outputs = 0;
};

class SequenceNetwork : public torch::nn::Module {
 public:
  /// Throws UsageError for options that do not go together.
  SequenceNetwork(const ModelConfig& config, Sizes sizes);

  const ModelConfig& config() const { return config_; }
  Sizes sizes() const { return sizes_; }
  const RecurrentStack& stack() const { return *rnn_; }
  const torch::Tensor& embedding() const { return embedding_; }          ///< E [V, n]; where tokens are read
  const torch::Tensor& output_weight() const { return output_weight_; }  ///< W [outputs, n]; undefined of states alone
  const torch::Tensor& output_bias() const { return output_bias_; }

  /// Features are taken relative to these [inputs]; 0 and 1 at first.
  void set_feature_scale(const torch::Tensor& mean, const torch::Tensor& scale);
  torch::Tensor scaled(const torch::Tensor& features) const;

  struct Output {
    torch::Tensor h;        ///< [T, B, n] after dropout: what predictions are made from
    torch::Tensor penalty;  ///< [] AR and TAR; undefined if there are none
    StackState last;
  };
  /// x [T, B] int64 tokens, or [T, B, inputs] features; `lengths` [B] may be undefined.
  Output forward(const torch::Tensor& x, const StackState& first, const torch::Tensor& lengths = {}) const;

  /// The same as stages from x on, one for the input and one for each layer; `finish` makes the rest of what the last
  /// one gives.
  struct Staged {
    nn::Chain chain;
    StackState last;  ///< without history; holds the final states once the chain has run
  };
  Staged stages(const StackState& first, const torch::Tensor& lengths = {}) const;
  /// Whether `finish` gives a penalty for sequences of T steps.
  bool penalises(int64_t T) const;
  /// y [T, B, n] of the last layer -> h and penalty.
  Output finish(const torch::Tensor& y) const;

 private:
  torch::Tensor embedded(const torch::Tensor& x) const;
  torch::Tensor input(const torch::Tensor& x) const;
  StackNoise noise() const;

  ModelConfig config_;
  Sizes sizes_;
  std::shared_ptr<RecurrentStack> rnn_;
  torch::Tensor embedding_, output_weight_, output_bias_, mean_, scale_;
};

}  // namespace cairn::rnn
