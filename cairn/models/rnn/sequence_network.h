// Tokens or features in, hidden states out, and what is predicted from them at each step.
//
//   language model:  u_t = E[x_t],  h_t = stack(u_t),  p(x_t+1) = softmax(W h_t + b)
//   labelling:       u_t = (x_t - mean) / scale,  ...,  p(y_t) = softmax(W h_t + b)
//
// Names as in PyTorch's word language model: encoder.weight, rnn.weight_ih_l0, ..., decoder.weight, decoder.bias.
#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "cairn/models/rnn/recurrent_stack.h"
#include "cairn/models/rnn/rnn_config.h"

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
  bool reads_tokens() const { return config_.task == "language_model"; }
  const RecurrentStack& stack() const { return *rnn_; }
  const torch::Tensor& embedding() const { return embedding_; }          ///< E [V, n]; reads_tokens()
  const torch::Tensor& output_weight() const { return output_weight_; }  ///< W [outputs, n]
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

 private:
  torch::Tensor embedded(const torch::Tensor& x) const;

  ModelConfig config_;
  Sizes sizes_;
  std::shared_ptr<RecurrentStack> rnn_;
  torch::Tensor embedding_, output_weight_, output_bias_, mean_, scale_;
};

}  // namespace cairn::rnn
