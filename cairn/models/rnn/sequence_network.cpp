#include "cairn/models/rnn/sequence_network.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/nn/init.h"

namespace cairn::rnn {

namespace {

/// A module that only holds tensors, so that their names have its name before them.
class Holder : public torch::nn::Module {};

void check_embedding(const ModelConfig& c) {
  if (c.words && !c.labels()) throw UsageError("model.words", got_expected(c.task, "task sequence_labeling"));
  if (!c.language() && c.tied) throw UsageError("model.tied", "only a language model has an embedding to tie");
  if (!c.reads_tokens() && (c.embedding > 0 || c.dropout_embedding > 0)) {
    throw UsageError("model.embedding", "features have no embedding; leave embedding and dropout_embedding at 0");
  }
}

void check(const ModelConfig& c) {
  check_embedding(c);
  if (c.language() && c.bidirectional)
    throw UsageError("model.bidirectional", "a language model must not see what it predicts");
  const int64_t width = c.projection > 0 ? c.projection : c.hidden,
                embedding = c.embedding > 0 ? c.embedding : c.hidden;
  if (c.tied && width != embedding) {
    throw UsageError("model.tied",
                     got_expected(cat("vectors of ", embedding, " and states of ", width), "the same width"));
  }
  if (c.zoneout > 0 && c.projection > 0) throw UsageError("model.zoneout", "goes with no projection");
}

StackOptions stack_options(const ModelConfig& c, int64_t input) {
  return {.cell = cell_named(c.cell),
          .input = input,
          .hidden = c.hidden,
          .layers = c.layers,
          .projection = c.projection,
          .bidirectional = c.bidirectional,
          .peepholes = c.peepholes,
          .layer_norm = c.layer_norm,
          .init = c.init,
          .forget_bias = c.forget_bias,
          .chrono = c.chrono};
}

}  // namespace

SequenceNetwork::SequenceNetwork(const ModelConfig& config, Sizes sizes) : config_(config), sizes_(sizes) {
  check(config_);
  const RandomStream random(static_cast<uint64_t>(config_.seed), "weights");
  const int64_t width = config_.embedding > 0 ? config_.embedding : config_.hidden;
  const double init = config_.init > 0 ? config_.init : 1 / std::sqrt(static_cast<double>(config_.hidden));
  if (config_.reads_tokens()) {
    auto encoder = register_module("encoder", std::make_shared<Holder>());
    embedding_ = encoder->register_parameter("weight", nn::uniform({sizes_.inputs, width}, init, random.at(0)));
  } else if (config_.predicts()) {
    auto features = register_module("features", std::make_shared<Holder>());
    mean_ = features->register_buffer("mean", torch::zeros({sizes_.inputs}));
    scale_ = features->register_buffer("scale", torch::ones({sizes_.inputs}));
  }
  const auto options = stack_options(config_, config_.reads_tokens() ? width : sizes_.inputs);
  rnn_ = register_module("rnn", std::make_shared<RecurrentStack>(options, random.at(1)));
  if (!config_.predicts()) return;
  auto decoder = register_module("decoder", std::make_shared<Holder>());
  const int64_t n = options.output();
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
  if (!mean_.defined()) return features.to(rnn_->layers()[0].W_ih.scalar_type());
  return (features.to(mean_.scalar_type()) - mean_) / scale_;
}

torch::Tensor SequenceNetwork::embedded(const torch::Tensor& x) const {
  if (!config_.reads_tokens()) return scaled(x);
  auto u = torch::embedding(embedding_, x);
  if (!is_training() || config_.dropout_embedding == 0) return u;
  const double keep = 1 - config_.dropout_embedding;
  const auto mask = torch::empty({sizes_.inputs}, u.options().requires_grad(false)).bernoulli_(keep).div_(keep);
  return u * mask.index({x}).unsqueeze(2);
}

torch::Tensor SequenceNetwork::input(const torch::Tensor& x) const {
  const auto u = embedded(x);
  return is_training() ? dropped(u, config_.dropout_input, config_.locked) : u;
}

StackNoise SequenceNetwork::noise() const {
  return {.dropout = config_.dropout_hidden,
          .locked = config_.locked,
          .weight_drop = config_.weight_drop,
          .zoneout = config_.zoneout};
}

bool SequenceNetwork::penalises(int64_t T) const {
  return is_training() && (config_.activation_penalty > 0 || (config_.temporal_penalty > 0 && T > 1));
}

SequenceNetwork::Output SequenceNetwork::finish(const torch::Tensor& y) const {
  Output out{y, {}, {}};
  if (!is_training()) return out;
  out.h = dropped(y, config_.dropout_output, config_.locked);
  if (config_.activation_penalty > 0) out.penalty = config_.activation_penalty * out.h.square().mean();
  if (config_.temporal_penalty > 0 && y.size(0) > 1) {
    const auto change = y.slice(0, 1) - y.slice(0, 0, -1);
    const auto penalty = config_.temporal_penalty * change.square().mean();
    out.penalty = out.penalty.defined() ? out.penalty + penalty : penalty;
  }
  return out;
}

SequenceNetwork::Output SequenceNetwork::forward(const torch::Tensor& x, const StackState& first,
                                                 const torch::Tensor& lengths) const {
  const auto states = rnn_->forward(input(x), first, noise(), lengths);
  Output out = finish(states.y);
  out.last = states.last;
  return out;
}

namespace {

/// The values of `from` into `to`, which keep their storage: a stage that runs again writes the same.
void keep_states(const StackState& from, StackState& to, size_t begin) {
  const torch::NoGradGuard no_grad;
  for (size_t k = 0; k < from.size(); ++k) {
    to[begin + k].h.copy_(from[k].h);
    if (from[k].c.defined()) to[begin + k].c.copy_(from[k].c);
  }
}

}  // namespace

SequenceNetwork::Staged SequenceNetwork::stages(const StackState& first, const torch::Tensor& lengths) const {
  Staged staged{{}, rnn_->zero_state(first[0].h.size(0))};
  staged.chain.add("input", [this](const torch::Tensor& x) { return input(x); });
  for (int64_t n = 0; n < config_.layers; ++n) {
    staged.chain.add(cat("layer ", n + 1),
                     [this, n, first, lengths, last = staged.last](const torch::Tensor& u) mutable {
                       const auto layer = rnn_->forward_layer(n, u, first, noise(), lengths);
                       keep_states(layer.last, last, static_cast<size_t>(n) * layer.last.size());
                       return layer.y;
                     });
  }
  return staged;
}

}  // namespace cairn::rnn
