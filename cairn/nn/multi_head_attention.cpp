#include "cairn/nn/multi_head_attention.h"

#include <numbers>

#include "cairn/base/error.h"
#include "cairn/nn/positions.h"
#include "cairn/nn/softmax_attention.h"

namespace cairn::nn {

bool for_use(const torch::nn::Module& module) {
  return !module.is_training() && !torch::GradMode::is_enabled();
}

MultiHeadAttentionImpl::MultiHeadAttentionImpl(const MultiHeadAttentionOptions& options, const RandomStream& random)
    : options_(options), kernel_(attention_kernel(options.kernel)) {
  const int64_t n = options.width;
  if (options.heads < 1 || n % options.heads != 0) {
    throw UsageError("multi-head attention",
                     got_expected(cat("width ", n, " for ", options.heads, " heads"), "a multiple of the heads"));
  }
  if (options.causal ? !kernel_->causal() : !kernel_->bidirectional()) {
    throw UsageError("attention",
                     cat("'", options.kernel, "' has no ", options.causal ? "causal" : "bidirectional", " form"));
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
}

/// [B, T, width] -> [B, H, T, d]
torch::Tensor MultiHeadAttentionImpl::heads(const torch::Tensor& t) const {
  return t.view({t.size(0), t.size(1), options_.heads, -1}).transpose(1, 2);
}

torch::Tensor MultiHeadAttentionImpl::turned(const torch::Tensor& t, int64_t first) const {
  return options_.rotary_base > 0 ? rotate(t, first, options_.rotary_base) : t;
}

/// [B, H, T, d] -> out_proj of [B, T, width]
torch::Tensor MultiHeadAttentionImpl::joined(const torch::Tensor& heads) const {
  return out_proj_->forward(heads.transpose(1, 2).flatten(2));
}

KeysValues MultiHeadAttentionImpl::keys_values(const torch::Tensor& memory) const {
  return {turned(heads(k_proj_->forward(memory)), 0), heads(v_proj_->forward(memory))};
}

torch::Tensor MultiHeadAttentionImpl::attend(const torch::Tensor& x, const KeysValues& memory,
                                             const AttentionMask& mask) const {
  const auto q = turned(heads(q_proj_->forward(x)), 0);
  return joined(kernel_->attend(
      {.q = q, .k = memory.k, .v = memory.v, .mask = mask, .dropout = dropout(), .exact = for_use(*this)}));
}

torch::Tensor MultiHeadAttentionImpl::weights(const torch::Tensor& x, const KeysValues& memory,
                                              const AttentionMask& mask) const {
  if (options_.kernel != "softmax") {
    throw UsageError("attention", got_expected(cat("the weights of '", options_.kernel, "'"), "those of softmax"));
  }
  torch::Tensor weights;
  softmax_attention_reference({.q = turned(heads(q_proj_->forward(x)), 0), .k = memory.k, .v = memory.v, .mask = mask},
                              &weights);
  return weights;
}

torch::Tensor MultiHeadAttentionImpl::forward(const torch::Tensor& x, const torch::Tensor& memory,
                                              const AttentionMask& mask) const {
  return attend(x, keys_values(memory), mask);
}

torch::Tensor MultiHeadAttentionImpl::step(const torch::Tensor& x, AttentionState& state, int64_t position) const {
  const AttentionInput newest{.q = turned(heads(q_proj_->forward(x)), position),
                              .k = turned(heads(k_proj_->forward(x)), position),
                              .v = heads(v_proj_->forward(x))};
  return joined(kernel_->step(newest, state));
}

}  // namespace cairn::nn
