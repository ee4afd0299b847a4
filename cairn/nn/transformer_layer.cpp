#include "cairn/nn/transformer_layer.h"

#include <torch/nn/functional.h>

#include "cairn/ops/dropout.h"

namespace cairn::nn {

TransformerLayerImpl::TransformerLayerImpl(const TransformerLayerOptions& o, const RandomStream& random) : options_(o) {
  const auto attention = [&](const std::string& kernel, bool causal, double rotary_base, uint64_t item) {
    return MultiHeadAttention(MultiHeadAttentionOptions{.width = o.width,
                                                        .heads = o.heads,
                                                        .bias = o.bias,
                                                        .kernel = kernel,
                                                        .causal = causal,
                                                        .dropout = o.attention_dropout,
                                                        .rotary_base = rotary_base,
                                                        .longest = o.longest,
                                                        .random_features = o.random_features},
                              random.at(item));
  };
  const auto linear = [&](int64_t in, int64_t out, uint64_t item) {
    return Linear(LinearOptions{.in = in, .out = out, .bias = o.bias}, random.at(item));
  };
  const NormOptions norm{.kind = o.norm, .width = o.width, .eps = o.norm_eps};
  self_attn_ = register_module("self_attn", attention(o.kernel, o.causal, o.rotary_base, 0));
  self_attn_layer_norm_ = register_module("self_attn_layer_norm", Norm(norm));
  if (o.memory) {
    encoder_attn_ = register_module("encoder_attn", attention("softmax", false, 0, 1));
    encoder_attn_layer_norm_ = register_module("encoder_attn_layer_norm", Norm(norm));
  }
  fc1_ = register_module("fc1", linear(o.width, o.feed_forward, 2));
  if (o.activation == Activation::swiglu) fc_gate_ = register_module("fc_gate", linear(o.width, o.feed_forward, 3));
  fc2_ = register_module("fc2", linear(o.feed_forward, o.width, 4));
  final_layer_norm_ = register_module("final_layer_norm", Norm(norm));
}

torch::Tensor TransformerLayerImpl::dropped(const torch::Tensor& x, double p) const {
  return is_training() ? ops::dropout(x, p) : x;
}

template <class Part>
torch::Tensor TransformerLayerImpl::around(Norm& norm, const torch::Tensor& x, const Part& part) {
  if (options_.norm_first) return x + dropped(part(norm->forward(x)), options_.dropout);
  return norm->forward(x + dropped(part(x), options_.dropout));
}

torch::Tensor TransformerLayerImpl::feed_forward(const torch::Tensor& x) {
  const auto gate = fc_gate_.is_empty() ? torch::Tensor() : fc_gate_->forward(x);
  const auto v = fc1_->forward(x);
  const auto u =
      for_use(*this) ? activated_exactly(options_.activation, v, gate) : activated(options_.activation, v, gate);
  return fc2_->forward(dropped(u, options_.activation_dropout));
}

torch::Tensor TransformerLayerImpl::forward(const torch::Tensor& input, const torch::Tensor& lengths,
                                            const Memory& memory) {
  const AttentionMask own{.key_lengths = options_.causal ? torch::Tensor() : lengths, .causal = options_.causal};
  auto x = around(self_attn_layer_norm_, input, [&](const torch::Tensor& u) { return self_attn_->forward(u, u, own); });
  if (options_.memory) {
    x = around(encoder_attn_layer_norm_, x, [&](const torch::Tensor& u) {
      const auto seen = encoder_attn_->keys_values(memory.states);
      const AttentionMask mask{.key_lengths = memory.lengths};
      if (memory.weights) memory.weights->push_back(encoder_attn_->weights(u, seen, mask));
      return encoder_attn_->attend(u, seen, mask);
    });
  }
  return around(final_layer_norm_, x, [&](const torch::Tensor& u) { return feed_forward(u); });
}

TransformerLayerImpl::State TransformerLayerImpl::start(const Memory& memory) const {
  State state{.self = self_attn_->start(), .memory = {}, .memory_lengths = memory.lengths};
  if (options_.memory) state.memory = encoder_attn_->keys_values(memory.states);
  return state;
}

torch::Tensor TransformerLayerImpl::step(const torch::Tensor& input, State& state, int64_t position,
                                         const torch::Tensor& of_row) {
  auto x = around(self_attn_layer_norm_, input,
                  [&](const torch::Tensor& u) { return self_attn_->step(u, *state.self, position); });
  if (options_.memory) {
    const AttentionMask mask{.key_lengths = state.memory_lengths, .memory = of_row};
    x = around(encoder_attn_layer_norm_, x,
               [&](const torch::Tensor& u) { return encoder_attn_->attend(u, state.memory, mask); });
  }
  return around(final_layer_norm_, x, [&](const torch::Tensor& u) { return feed_forward(u); });
}

TransformerStackImpl::TransformerStackImpl(const TransformerStackOptions& options, const RandomStream& random) {
  auto list = register_module("layers", torch::nn::ModuleList());
  for (int64_t n = 0; n < options.layers; ++n) {
    layers_.emplace_back(options.layer, random.at(static_cast<uint64_t>(n)));
    list->push_back(layers_.back());
  }
  if (!options.final_norm) return;
  const auto& layer = options.layer;
  layer_norm_ =
      register_module("layer_norm", Norm(NormOptions{.kind = layer.norm, .width = layer.width, .eps = layer.norm_eps}));
}

torch::Tensor TransformerStackImpl::forward_layer(int64_t n, const torch::Tensor& x, const torch::Tensor& lengths,
                                                  const Memory& memory) {
  return layers_.at(static_cast<size_t>(n))->forward(x, lengths, memory);
}

torch::Tensor TransformerStackImpl::finish(const torch::Tensor& x) {
  return layer_norm_.is_empty() ? x : layer_norm_->forward(x);
}

torch::Tensor TransformerStackImpl::forward(torch::Tensor x, const torch::Tensor& lengths, const Memory& memory) {
  for (auto& layer : layers_) x = layer->forward(x, lengths, memory);
  return finish(x);
}

TransformerStackImpl::State TransformerStackImpl::start(const Memory& memory) const {
  State state;
  for (const auto& layer : layers_) state.push_back(layer->start(memory));
  return state;
}

torch::Tensor TransformerStackImpl::step(torch::Tensor x, State& state, int64_t position, const torch::Tensor& of_row) {
  for (size_t n = 0; n < layers_.size(); ++n) x = layers_[n]->step(x, state[n], position, of_row);
  return finish(x);
}

}  // namespace cairn::nn
