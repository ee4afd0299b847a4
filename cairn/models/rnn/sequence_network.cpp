#include "cairn/models/rnn/sequence_network.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/nn/init.h"

namespace cairn::rnn {

namespace {

/// A module that only holds tensors, so that their names have its name before them.
class Holder : public torch::nn::Module {};

void check(const ModelConfig& c) {
  const bool language = c.task == "language_model";
  if (language && c.bidirectional)
    throw UsageError("model.bidirectional", "a language model must not see what it predicts");
  if (!language && c.tied) throw UsageError("model.tied", "only a language model has an embedding to tie");
  if (!language && (c.embedding > 0 || c.dropout_embedding > 0)) {
    throw UsageError("model.embedding", "features have no embedding; leave embedding and dropout_embedding at 0");
  }
  const int64_t width = c.projection > 0 ? c.projection : c.hidden,
                embedding = c.embedding > 0 ? c.embedding : c.hidden;
  if (c.tied && width != embedding) {
    throw UsageError("model.tied",
                     got_expected(cat("vectors of ", embedding, " and states of ", width), "the same width"));
  }
  if (c.zoneout > 0 && c.projection > 0) throw UsageError("model.zoneout", "goes with no projection");
}

}  // namespace

SequenceNetwork::SequenceNetwork(const ModelConfig& config, Sizes sizes) : config_(config), sizes_(sizes) {
  check(config_);
  const RandomStream random(static_cast<uint64_t>(config_.seed), "weights");
  const int64_t width = config_.embedding > 0 ? config_.embedding : config_.hidden;
  const double init = config_.init > 0 ? config_.init : 1 / std::sqrt(static_cast<double>(config_.hidden));
  if (reads_tokens()) {
    auto encoder = register_module("encoder", std::make_shared<Holder>());
    embedding_ = encoder->register_parameter("weight", nn::uniform({sizes_.inputs, width}, init, random.at(0)));
  } else {
    auto features = register_module("features", std::make_shared<Holder>());
    mean_ = features->register_buffer("mean", torch::zeros({sizes_.inputs}));
    scale_ = features->register_buffer("scale", torch::ones({sizes_.inputs}));
  }
  rnn_ = register_module("rnn",
                         std::make_shared<RecurrentStack>(StackOptions{.cell = cell_named(config_.cell),
                                                                       .input = reads_tokens() ? width : sizes_.inputs,
                                                                       .hidden = config_.hidden,
                                                                       .layers = config_.layers,
                                                                       .projection = config_.projection,
                                                                       .bidirectional = config_.bidirectional,
                                                                       .peepholes = config_.peepholes,
                                                                       .layer_norm = config_.layer_norm,
                                                                       .init = config_.init,
                                                                       .forget_bias = config_.forget_bias},
                                                          random.at(1)));
  auto decoder = register_module("decoder", std::make_shared<Holder>());
  const int64_t n = rnn_->options().output();
  output_weight_ = config_.tied
                       ? embedding_
                       : decoder->register_parameter("weight", nn::uniform({sizes_.outputs, n}, init, random.at(2)));
  output_bias_ = decoder->register_parameter("bias", torch::zeros({sizes_.outputs}));
}

void SequenceNetwork::set_feature_scale(const torch::Tensor& mean, const torch::Tensor& scale) {
  const torch::NoGradGuard no_grad;
  mean_.copy_(mean);
  scale_.copy_(scale);
}

torch::Tensor SequenceNetwork::scaled(const torch::Tensor& features) const {
  return (features.to(mean_.scalar_type()) - mean_) / scale_;
}

torch::Tensor SequenceNetwork::embedded(const torch::Tensor& x) const {
  if (!reads_tokens()) return scaled(x);
  auto u = torch::embedding(embedding_, x);
  if (!is_training() || config_.dropout_embedding == 0) return u;
  const double keep = 1 - config_.dropout_embedding;
  const auto mask = torch::empty({sizes_.inputs}, u.options().requires_grad(false)).bernoulli_(keep).div_(keep);
  return u * mask.index({x}).unsqueeze(2);
}

SequenceNetwork::Output SequenceNetwork::forward(const torch::Tensor& x, const StackState& first,
                                                 const torch::Tensor& lengths) const {
  const StackNoise noise{.dropout = config_.dropout_hidden,
                         .locked = config_.locked,
                         .weight_drop = config_.weight_drop,
                         .zoneout = config_.zoneout};
  auto u = embedded(x);
  if (is_training()) u = dropped(u, config_.dropout_input, config_.locked);
  const auto states = rnn_->forward(u, first, noise, lengths);
  Output out{states.y, {}, states.last};
  if (!is_training()) return out;
  out.h = dropped(states.y, config_.dropout_output, config_.locked);
  if (config_.activation_penalty > 0) out.penalty = config_.activation_penalty * out.h.square().mean();
  if (config_.temporal_penalty > 0 && x.size(0) > 1) {
    const auto change = states.y.slice(0, 1) - states.y.slice(0, 0, -1);
    const auto penalty = config_.temporal_penalty * change.square().mean();
    out.penalty = out.penalty.defined() ? out.penalty + penalty : penalty;
  }
  return out;
}

}  // namespace cairn::rnn
