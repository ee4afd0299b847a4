#include "cairn/nn/softmax_attention.h"

#include <cmath>
#include <limits>

#include <ATen/autocast_mode.h>
#include <torch/nn/functional.h>

#include "cairn/base/error.h"
#include "cairn/ops/attention_rows.h"

namespace cairn::nn {

namespace {

/// [B, 1, 1, S] bool: which keys are seen; undefined if all are.
torch::Tensor seen_keys(const torch::Tensor& key_lengths, int64_t S) {
  if (!key_lengths.defined()) return {};
  const auto seen = torch::arange(S, key_lengths.options()).unsqueeze(0) < key_lengths.unsqueeze(1);
  return seen.unsqueeze(1).unsqueeze(1);
}

/// [T, S] bool: query t sees keys 0 .. t + S - T.
torch::Tensor seen_before(int64_t T, int64_t S, torch::Device device) {
  return torch::ones({T, S}, torch::dtype(torch::kBool).device(device)).tril(S - T);
}

void check(const AttentionInput& in) {
  const auto& q = in.q;
  const bool fits = q.dim() == 4 && in.k.dim() == 4 && in.k.sizes() == in.v.sizes() && q.size(1) == in.k.size(1) &&
                    q.size(3) == in.k.size(3) && (in.mask.memory.defined() || q.size(0) == in.k.size(0));
  if (!fits) {
    throw UsageError("softmax attention", got_expected(cat("q ", q.sizes(), ", k ", in.k.sizes(), ", v ", in.v.sizes()),
                                                       "q [B, H, T, d], k and v [B, H, S, d]"));
  }
}

/// On the CPU LibTorch multiplies each head of each sentence by itself, and sets up a product of bfloat16 for longer
/// than one of short sentences takes.
bool is_faster_in_single_precision(const torch::Tensor& q, int64_t keys) {
  constexpr int64_t kShort = 256;
  return q.is_cpu() && q.scalar_type() == torch::kBFloat16 && keys <= kShort;
}

}  // namespace

torch::Tensor SoftmaxAttention::attend(const AttentionInput& in) const {
  if (in.exact && in.q.is_cpu()) {
    const ops::AttentionRowsOptions seen{
        .key_lengths = in.mask.key_lengths, .memory = in.mask.memory, .causal = in.mask.causal};
    return ops::attention_rows(in.q, in.k, in.v, seen);
  }
  check(in);
  const auto k = of_rows(in.k, in.mask), v = of_rows(in.v, in.mask);
  const int64_t T = in.q.size(2), S = k.size(2);
  auto seen = seen_keys(of_rows(in.mask.key_lengths, in.mask), S);
  const bool plain_causal = in.mask.causal && !seen.defined() && T == S;
  if (in.mask.causal && !plain_causal) {
    const auto before = seen_before(T, S, in.q.device());
    seen = seen.defined() ? seen.logical_and(before) : before;
  }
  const auto attended = [&](const torch::Tensor& q, const torch::Tensor& keys, const torch::Tensor& values) {
    return torch::scaled_dot_product_attention(
        q, keys, values, seen.defined() ? std::make_optional(seen) : std::nullopt, in.dropout, plain_causal);
  };
  if (!is_faster_in_single_precision(in.q, S)) return attended(in.q, k, v);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto single = torch::kFloat32;
  return attended(in.q.to(single), k.to(single), v.to(single)).to(in.q.scalar_type());
}

torch::Tensor softmax_attention_reference(const AttentionInput& in, torch::Tensor* weights) {
  check(in);
  const auto k = of_rows(in.k, in.mask), v = of_rows(in.v, in.mask);
  auto scores = torch::matmul(in.q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(in.q.size(3)));
  const auto hide = [&](const torch::Tensor& seen) {
    scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
  };
  if (in.mask.key_lengths.defined()) hide(seen_keys(of_rows(in.mask.key_lengths, in.mask), k.size(2)));
  if (in.mask.causal) hide(seen_before(in.q.size(2), k.size(2), in.q.device()));
  const auto p = torch::softmax(scores, 3);
  if (weights != nullptr) *weights = p;
  return torch::matmul(p, v);
}

namespace {

/// Keys and values of all positions so far.
class SeenPositions : public AttentionState {
 public:
  void select(const torch::Tensor& rows) override {
    if (!k_.defined()) return;
    k_ = k_.index_select(0, rows);
    v_ = v_.index_select(0, rows);
  }
  void add(const torch::Tensor& k, const torch::Tensor& v) {
    k_ = k_.defined() ? torch::cat({k_, k}, 2) : k;
    v_ = v_.defined() ? torch::cat({v_, v}, 2) : v;
  }
  int64_t bytes() const override { return k_.defined() ? static_cast<int64_t>(k_.nbytes() + v_.nbytes()) : 0; }
  const torch::Tensor& k() const { return k_; }
  const torch::Tensor& v() const { return v_; }

 private:
  torch::Tensor k_, v_;
};

}  // namespace

std::unique_ptr<AttentionState> SoftmaxAttention::start() const {
  return std::make_unique<SeenPositions>();
}

torch::Tensor SoftmaxAttention::step(const AttentionInput& newest, AttentionState& state) const {
  const torch::NoGradGuard no_grad;
  auto& seen = dynamic_cast<SeenPositions&>(state);
  seen.add(newest.k, newest.v);
  return attend({.q = newest.q, .k = seen.k(), .v = seen.v(), .mask = {.causal = true}, .exact = true});
}

}  // namespace cairn::nn
