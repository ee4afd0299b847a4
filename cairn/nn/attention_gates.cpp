#include "cairn/nn/attention_gates.h"

#include "cairn/ops/feature_maps.h"

namespace cairn::nn {

namespace {

using Decay = KernelNeeds::Decay;

constexpr int64_t kRank = 16;
constexpr double kTemperature = 16;  // its root of a sigmoid keeps gates near 1, so that a fresh network remembers

/// Of bfloat16 under autocast too.
torch::Tensor mapped(const torch::Tensor& x, ops::FeatureMap map) {
  return ops::feature_map(x.scalar_type() == torch::kFloat64 ? x : x.to(torch::kFloat32), map);
}

}  // namespace

AttentionGatesImpl::AttentionGatesImpl(const AttentionGatesOptions& options, const RandomStream& random)
    : options_(options) {
  const auto& [width, heads, needs] = options;
  const auto linear = [&](const char* name, uint64_t item, int64_t in, int64_t out, bool bias) {
    return register_module(name, Linear(LinearOptions{.in = in, .out = out, .bias = bias}, random.at(item)));
  };
  if (needs.decay == Decay::by_head) decay_ = linear("decay", 0, width, heads, /*bias=*/false);
  if (needs.decay == Decay::by_feature) {
    decay_low_ = linear("decay_low", 1, width, kRank, /*bias=*/false);
    decay_ = linear("decay", 0, kRank, width, /*bias=*/true);
  }
  if (needs.beta) beta_ = linear("beta", 2, width, heads, /*bias=*/false);
  if (needs.output_gate) output_ = linear("output", 3, width, width, /*bias=*/false);
}

/// log alpha = -softplus(-W x) / 16: [B, H, T], or [B, H, T, d] by feature.
torch::Tensor AttentionGatesImpl::log_decay(const torch::Tensor& x) const {
  const auto logits = decay_->forward(decay_low_.is_empty() ? x : decay_low_->forward(x));
  const auto log = mapped(-logits, ops::FeatureMap::softplus) * (-1 / kTemperature);
  if (options_.needs.decay == Decay::by_head) return log.transpose(1, 2);
  return log.view({x.size(0), x.size(1), options_.heads, -1}).transpose(1, 2);
}

TokenGates AttentionGatesImpl::of(const torch::Tensor& x) const {
  TokenGates gates;
  if (!decay_.is_empty()) gates.log_decay = log_decay(x);
  if (!beta_.is_empty()) gates.beta = mapped(beta_->forward(x), ops::FeatureMap::sigmoid).transpose(1, 2);
  return gates;
}

torch::Tensor AttentionGatesImpl::let_through(const torch::Tensor& y, const torch::Tensor& x) const {
  if (output_.is_empty()) return y;
  const auto gate = output_->forward(x);
  return y * gate * mapped(gate, ops::FeatureMap::sigmoid);
}

}  // namespace cairn::nn
