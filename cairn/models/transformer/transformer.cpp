#include "cairn/models/transformer/transformer.h"

#include <cmath>

#include <torch/nn/functional.h>

#include "cairn/base/error.h"
#include "cairn/nn/init.h"
#include "cairn/nn/positions.h"
#include "cairn/ops/dropout.h"

namespace cairn::transformer {

namespace {

using Side = TokenStackImpl::Side;

/// A module that only holds tensors, so that their names have its name before them.
class Holder : public torch::nn::Module {};

nn::TransformerStackOptions stack_options(const ModelConfig& c, Side side) {
  const bool decoder = side == Side::decoder;
  return {.layers = decoder ? c.decoder_layers : c.encoder_layers,
          .layer = {.width = c.width,
                    .heads = c.heads,
                    .feed_forward = c.feed_forward,
                    .bias = c.bias,
                    .memory = decoder && c.translates(),
                    .causal = decoder,
                    .norm_first = c.norm_first,
                    .norm = c.norm == "rms" ? nn::NormKind::rms : nn::NormKind::layer,
                    .norm_eps = c.norm_eps,
                    .activation = nn::activation_named(c.activation),
                    .kernel = decoder ? c.attention : c.encoder_attention,
                    .rotary_base = c.rotary() ? c.rotary_base : 0,
                    .longest = c.max_length,
                    .random_features = c.random_features,
                    .dropout = c.dropout,
                    .attention_dropout = c.attention_dropout,
                    .activation_dropout = c.activation_dropout},
          .final_norm = c.norm_first};
}

/// Initial embeddings have features of deviation 1 behind their scale; without one they are small, as GPT-2's.
double embedding_deviation(const ModelConfig& c) {
  constexpr double kSmall = 0.02;
  return c.embedding_scale ? 1 / std::sqrt(static_cast<double>(c.width)) : kSmall;
}

nn::Sinusoid sinusoid_of(const ModelConfig& c) {
  if (c.positions == "sinusoidal") return nn::Sinusoid::paper;
  return c.positions == "sinusoidal_halves" ? nn::Sinusoid::halves : nn::Sinusoid::fairseq;
}

/// A parameter "weight" below `name`.
torch::Tensor held(torch::nn::Module& module, const char* name, const torch::Tensor& weight) {
  return module.register_module(name, std::make_shared<Holder>())->register_parameter("weight", weight);
}

}  // namespace

TokenStackImpl::TokenStackImpl(const ModelConfig& config, Side side, int64_t vocabulary, const torch::Tensor& shared,
                               const RandomStream& random)
    : TransformerStackImpl(stack_options(config, side), random.at(0)), config_(config) {
  const double deviation = embedding_deviation(config);
  embedding_ = shared.defined()
                   ? shared
                   : held(*this, "embed_tokens", nn::normal({vocabulary, config.width}, deviation, random.at(1)));
  if (config.learned_positions()) {
    const auto initial = nn::normal({config.max_length, config.width}, deviation, random.at(2));
    positions_ = held(*this, "embed_positions", initial);
  } else if (!config.rotary() && config.positions != "none") {
    positions_ = nn::sinusoids(config.max_length, config.width, sinusoid_of(config), config.first_position);
  }
}

torch::Tensor TokenStackImpl::embedded(const torch::Tensor& tokens, int64_t first) const {
  auto u = torch::embedding(embedding_, tokens);
  if (config_.embedding_scale) u = u * std::sqrt(static_cast<double>(config_.width));
  if (positions_.defined()) u = u + positions_.slice(0, first, first + tokens.size(1)).to(u.options());
  return is_training() ? ops::dropout(u, config_.dropout) : u;
}

Transformer::Transformer(const ModelConfig& config, int64_t vocabulary) : config_(config), vocabulary_(vocabulary) {
  const RandomStream random(static_cast<uint64_t>(config_.seed), "weights");
  if (config_.translates()) {
    encoder_ =
        register_module("encoder", TokenStack(config_, Side::encoder, vocabulary, torch::Tensor(), random.at(0)));
  }
  const bool one_for_all = config_.translates() && config_.tie == "all";
  const auto shared = one_for_all ? encoder_->embedding() : torch::Tensor();
  decoder_ = register_module("decoder", TokenStack(config_, Side::decoder, vocabulary, shared, random.at(1)));
  output_weight_ = config_.tie != "none"
                       ? decoder_->embedding()
                       : held(*decoder_, "output_projection",
                              nn::normal({vocabulary, config_.width}, embedding_deviation(config_), random.at(2)));
  if (config_.output_bias) output_bias_ = register_parameter("output_bias", torch::zeros({vocabulary}));
}

void Transformer::check_length(int64_t tokens) const {
  if (tokens > config_.max_length) {
    throw InputError("transformer", got_expected(cat("a sequence of ", tokens, " tokens"),
                                                 cat("at most ", config_.max_length, " (model.max_length)")));
  }
}

nn::Memory Transformer::encode(const torch::Tensor& source, const torch::Tensor& lengths) {
  check_length(source.size(1));
  return {encoder_->forward(encoder_->embedded(source), lengths), lengths};
}

torch::Tensor Transformer::decode(const torch::Tensor& tokens, const nn::Memory& memory) {
  check_length(tokens.size(1));
  return decoder_->forward(decoder_->embedded(tokens), {}, memory);
}

torch::Tensor Transformer::logits(const torch::Tensor& h) const {
  if (packed_output_.defined()) {
    return packed_output_.multiply(h, output_bias_.defined() ? output_bias_.detach() : output_bias_);
  }
  return torch::linear(h, output_weight_, output_bias_);
}

void Transformer::pack() {
  if (output_weight_.is_cpu()) packed_output_ = ops::PackedMatrix(output_weight_);
}

nn::Chain Transformer::stages(const torch::Tensor& lengths, const torch::Tensor& tokens) {
  check_length(tokens.size(1));
  return config_.translates() ? translation_stages(lengths, tokens) : language_stages();
}

nn::Chain Transformer::translation_stages(const torch::Tensor& lengths, const torch::Tensor& tokens) {
  nn::Chain chain;
  chain.add("source", [this](const nn::Activations& a) {
    check_length(a[0].size(1));
    return nn::Activations{encoder_->embedded(a[0])};
  });
  for (int64_t n = 0; n < encoder_->size(); ++n) {
    chain.add(cat("encoder layer ", n + 1),
              [this, n, lengths](const torch::Tensor& x) { return encoder_->forward_layer(n, x, lengths); });
  }
  chain.add("target", [this, tokens](const nn::Activations& a) {
    return nn::Activations{encoder_->finish(a[0]), decoder_->embedded(tokens)};
  });
  for (int64_t n = 0; n < decoder_->size(); ++n) {
    chain.add(cat("decoder layer ", n + 1), [this, n, lengths](const nn::Activations& a) {
      return nn::Activations{a[0], decoder_->forward_layer(n, a[1], {}, {a[0], lengths})};
    });
  }
  chain.add("states", [this](const nn::Activations& a) { return nn::Activations{decoder_->finish(a[1])}; });
  return chain;
}

nn::Chain Transformer::language_stages() {
  nn::Chain chain;
  chain.add("tokens", [this](const torch::Tensor& tokens) { return decoder_->embedded(tokens); });
  for (int64_t n = 0; n < decoder_->size(); ++n) {
    chain.add(cat("layer ", n + 1), [this, n](const torch::Tensor& x) { return decoder_->forward_layer(n, x, {}); });
  }
  chain.add("states", [this](const torch::Tensor& x) { return decoder_->finish(x); });
  return chain;
}

Transformer::State Transformer::start(const nn::Memory& memory) const {
  return {.layers = decoder_->start(memory), .of_row = {}, .position = 0};
}

torch::Tensor Transformer::read(const torch::Tensor& tokens, State& state) {
  check_length(state.position + tokens.size(1));
  const auto u = decoder_->embedded(tokens, state.position);
  const auto h = decoder_->step(u, state.layers, state.position, state.of_row);
  state.position += tokens.size(1);
  return h;
}

void Transformer::select(State& state, const torch::Tensor& rows) {
  for (auto& layer : state.layers) layer.self->select(rows);
  state.of_row = state.of_row.defined() ? state.of_row.index_select(0, rows) : rows;
}

torch::Tensor lengths_if_padded(const torch::Tensor& lengths, const torch::Tensor& tokens) {
  return lengths.eq(tokens.size(1)).all().item<bool>() ? torch::Tensor() : lengths;
}

}  // namespace cairn::transformer
