#include "cairn/nn/multi_head_attention.h"

#include <cmath>
#include <numbers>

#include "cairn/base/error.h"
#include "cairn/nn/positions.h"
#include "cairn/nn/softmax_attention.h"
#include "cairn/ops/linear_attention_features.h"

namespace cairn::nn {

bool for_use(const torch::nn::Module& module) {
  return !module.is_training() && !torch::GradMode::is_enabled();
}

namespace {

/// m for a head of d numbers.
int64_t features_of_head(int64_t asked, int64_t d) {
  const auto width = static_cast<double>(d);
  return asked > 0 ? asked : std::max<int64_t>(d, std::llround(width * std::log(width)));
}

}  // namespace

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options, const RandomStream& random)
    : options_(options),
      kernel_(attention_kernel(options.kernel, {.longest = options.longest})),
      directions_(random.at(5)) {
  const int64_t n = options.width;
  if (options.heads < 1 || n % options.heads != 0) {
    throw UsageError("multi-head attention",
                     got_expected(cat("width ", n, " for ", options.heads, " heads"), "a multiple of the heads"));
  }
  if (!options.causal && !kernel_->bidirectional()) {
    throw UsageError("attention", cat("'", options.kernel, "' has no bidirectional form"));
  }
  // As if W_q, W_k and W_v were one matrix [3 n, n]: its Glorot bound is smaller by sqrt(2).
  const auto projection = [&](const char* name, uint64_t item, double gain) {
    return register_module(
        name, Linear(LinearOptions{.in = n, .out = n, .bias = options.bias, .gain = gain}, random.at(item)));
  };
  q_proj_ = projection("q_proj", 0, 1 / std::numbers::sqrt2);
  k_proj_ = projection("k_proj", 1, 1 / std::numbers::sqrt2);
  v_proj_ = projection("v_proj", 2, 1 / std::numbers::sqrt2);
  out_proj_ = projection("out_proj", 3, 1);
  meet(kernel_->needs(), random);
}

void MultiHeadAttentionImpl::meet(const KernelNeeds& needs, const RandomStream& random) {
  const int64_t n = options_.width, d = n / options_.heads;
  if (needs.gates()) {
    const AttentionGatesOptions gates{.width = n, .heads = options_.heads, .needs = needs};
    gates_ = register_module("gates", AttentionGates(gates, random.at(4)));
  }
  if (needs.projection) {
    projection_ = register_buffer("projection", torch::empty({features_of_head(options_.random_features, d), d}));
    redraw(0);
  }
}

void MultiHeadAttentionImpl::redraw(int64_t number) {
  if (!projection_.defined() || number == drawn_) return;
  const torch::NoGradGuard no_grad;
  projection_.copy_(ops::performer_projection(projection_.size(0), projection_.size(1),
                                              directions_.at(static_cast<uint64_t>(number))));
  drawn_ = number;
}

void redraw_random_features(torch::nn::Module& network, int64_t number) {
  network.apply([number](torch::nn::Module& module) {
    if (auto* block = dynamic_cast<MultiHeadAttentionImpl*>(&module)) block->redraw(number);
  });
}

/// [B, T, width] -> [B, H, T, d]
torch::Tensor MultiHeadAttentionImpl::heads(const torch::Tensor& t) const {
  return t.view({t.size(0), t.size(1), options_.heads, -1}).transpose(1, 2);
}

torch::Tensor MultiHeadAttentionImpl::turned(const torch::Tensor& t, int64_t first) const {
  return options_.rotary_base > 0 ? rotate(t, first, options_.rotary_base) : t;
}

/// [B, H, T, d] -> out_proj of [B, T, width], of which the gate of x lets through what it will
torch::Tensor MultiHeadAttentionImpl::joined(const torch::Tensor& heads, const torch::Tensor& x) const {
  const auto y = heads.transpose(1, 2).flatten(2);
  return out_proj_->forward(gates_.is_empty() ? y : gates_->let_through(y, x));
}

/// Queries of x, whose first stands at `position`, and what else is read of x.
AttentionInput MultiHeadAttentionImpl::input(const torch::Tensor& x, int64_t position) const {
  return {.q = turned(heads(q_proj_->forward(x)), position),
          .gates = gates_.is_empty() ? TokenGates() : gates_->of(x),
          .projection = projection_};
}

AttentionInput MultiHeadAttentionImpl::input(const torch::Tensor& x, const KeysValues& memory,
                                             const AttentionMask& mask) const {
  auto in = input(x, 0);
  in.k = memory.k;
  in.v = memory.v;
  in.mask = mask;
  return in;
}

KeysValues MultiHeadAttentionImpl::keys_values(const torch::Tensor& memory) const {
  return {turned(heads(k_proj_->forward(memory)), 0), heads(v_proj_->forward(memory))};
}

torch::Tensor MultiHeadAttentionImpl::attend(const torch::Tensor& x, const KeysValues& memory,
                                             const AttentionMask& mask) const {
  auto in = input(x, memory, mask);
  in.dropout = dropout();
  in.exact = for_use(*this);
  return joined(kernel_->attend(in), x);
}

torch::Tensor MultiHeadAttentionImpl::weights(const torch::Tensor& x, const KeysValues& memory,
                                              const AttentionMask& mask) const {
  if (options_.kernel != "softmax") {
    throw UsageError("attention", got_expected(cat("the weights of '", options_.kernel, "'"), "those of softmax"));
  }
  torch::Tensor weights;
  softmax_attention_reference(input(x, memory, mask), &weights);
  return weights;
}

torch::Tensor MultiHeadAttentionImpl::forward(const torch::Tensor& x, const torch::Tensor& memory,
                                              const AttentionMask& mask) const {
  return attend(x, keys_values(memory), mask);
}

torch::Tensor MultiHeadAttentionImpl::step(const torch::Tensor& x, AttentionState& state, int64_t position) const {
  auto newest = input(x, position);
  newest.k = turned(heads(k_proj_->forward(x)), position);
  newest.v = heads(v_proj_->forward(x));
  return joined(kernel_->step(newest, state), x);
}

}  // namespace cairn::nn
