#include "cairn/nn/linear_attention.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/ops/linear_attention_causal.h"

namespace cairn::nn {

namespace {

constexpr double kLeastMeanSquare = 1e-6;

/// log(1 - 2^(-5-h)) for each head h: [H].
torch::Tensor log_decays(int64_t heads) {
  std::vector<double> logs;
  for (int64_t h = 0; h < heads; ++h) logs.push_back(std::log1p(-std::exp2(-5.0 - static_cast<double>(h))));
  return torch::tensor(logs, torch::kFloat64);
}

class RunningSums : public AttentionState {
 public:
  void select(const torch::Tensor& rows) override {
    if (!state.S.defined()) return;
    state.S = state.S.index_select(0, rows);
    std::vector<int64_t> seen;
    for (int64_t i = 0; i < rows.size(0); ++i) seen.push_back(state.seen[rows[i].item<int64_t>()]);
    state.seen = std::move(seen);
  }
  int64_t bytes() const override { return state.S.defined() ? static_cast<int64_t>(state.S.nbytes()) : 0; }
  ops::LinearAttentionState state;
};

}  // namespace

LinearAttention::LinearAttention(const LinearAttentionKind& kind, int64_t longest) : kind_(kind), longest_(longest) {}

ops::LinearAttentionOptions LinearAttention::options_for(const AttentionInput& in) const {
  const bool is_double = in.q.scalar_type() == torch::kFloat64;
  const auto wide = torch::dtype(is_double ? torch::kFloat64 : torch::kFloat32).device(in.q.device());
  const bool positional = kind_.similarity == ops::Similarity::cosformer;
  ops::LinearAttentionOptions options{.similarity = kind_.similarity,
                                      .rule = kind_.rule,
                                      .normalise = kind_.rule == ops::StateRule::sum,
                                      .projection = in.projection,
                                      .longest = positional ? longest_ : 0};
  if (kind_.rule == ops::StateRule::decay) {
    const bool learnt = kind_.needs.decay != KernelNeeds::Decay::none;
    options.log_decay = learnt ? in.gates.log_decay : log_decays(in.q.size(1)).to(wide);
  }
  if (kind_.rule == ops::StateRule::delta) {
    options.beta = kind_.needs.beta ? in.gates.beta : torch::ones(in.q.sizes().slice(0, 3), wide);
  }
  return options;
}

torch::Tensor LinearAttention::finished(const torch::Tensor& o) const {
  if (!kind_.scaled_heads) return o;
  return o * torch::rsqrt(o.square().mean(-1, /*keepdim=*/true) + kLeastMeanSquare);
}

torch::Tensor LinearAttention::attend(const AttentionInput& in) const {
  if (in.dropout > 0) {
    throw UsageError("linear attention", got_expected(cat("dropout ", in.dropout, " of attention weights"), "0"));
  }
  const auto k = of_rows(in.k, in.mask), v = of_rows(in.v, in.mask);
  auto options = options_for(in);
  options.direction = in.mask.causal ? ops::Direction::causal : ops::Direction::bidirectional;
  if (const auto lengths = of_rows(in.mask.key_lengths, in.mask); lengths.defined()) {
    options.key_mask = torch::arange(k.size(2), lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
  }
  return finished(ops::linear_attention(in.q, k, v, options).o);
}

std::unique_ptr<AttentionState> LinearAttention::start() const {
  return std::make_unique<RunningSums>();
}

namespace {

/// The one position of t [B, H, 1, ..]; t itself where it has none.
torch::Tensor only(const torch::Tensor& t) {
  return t.defined() && t.dim() > 2 ? t.squeeze(2) : t;
}

/// One fused pass over the state.
torch::Tensor one_step(const AttentionInput& in, ops::LinearAttentionOptions options,
                       ops::LinearAttentionState& state) {
  options.log_decay = only(options.log_decay);
  options.beta = only(options.beta);
  return ops::linear_attention_step(only(in.q), only(in.k), only(in.v), options, state).unsqueeze(2);
}

}  // namespace

torch::Tensor LinearAttention::step(const AttentionInput& newest, AttentionState& state) const {
  const torch::NoGradGuard no_grad;
  const auto options = options_for(newest);
  auto& running = dynamic_cast<RunningSums&>(state).state;
  if (newest.q.size(2) == 1 && ops::has_causal_kernel(newest.q.device()))
    return finished(one_step(newest, options, running));
  auto out = ops::linear_attention(newest.q, newest.k, newest.v, options, running);
  running = std::move(out.state);
  return finished(out.o);
}

}  // namespace cairn::nn
