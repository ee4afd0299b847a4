#include "cairn/nn/linear_attention.h"

#include <cmath>

#include "cairn/base/error.h"

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
  ops::LinearAttentionState state;
};

}  // namespace

LinearAttention::LinearAttention(LinearKind kind, ops::Similarity similarity)
    : kind_(kind), similarity_(kind == LinearKind::delta ? ops::Similarity::unit : similarity) {}

ops::LinearAttentionOptions LinearAttention::options_for(const torch::Tensor& q) const {
  const auto wide =
      torch::dtype(q.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32).device(q.device());
  ops::LinearAttentionOptions options{.similarity = similarity_, .normalise = kind_ == LinearKind::weighted};
  if (kind_ == LinearKind::retention) {
    options.rule = ops::StateRule::decay;
    options.log_decay = log_decays(q.size(1)).to(wide);
  }
  if (kind_ == LinearKind::delta) options.rule = ops::StateRule::delta;
  return options;
}

torch::Tensor LinearAttention::finished(const torch::Tensor& o) const {
  if (kind_ != LinearKind::retention) return o;
  return o * torch::rsqrt(o.square().mean(-1, /*keepdim=*/true) + kLeastMeanSquare);
}

torch::Tensor LinearAttention::attend(const AttentionInput& in) const {
  if (in.dropout > 0) {
    throw UsageError("linear attention", got_expected(cat("dropout ", in.dropout, " of attention weights"), "0"));
  }
  const auto k = of_rows(in.k, in.mask), v = of_rows(in.v, in.mask);
  auto options = options_for(in.q);
  options.direction = in.mask.causal ? ops::Direction::causal : ops::Direction::bidirectional;
  if (options.rule == ops::StateRule::delta) {
    options.beta = torch::ones({in.q.size(0), in.q.size(1), in.q.size(2)}, in.q.options().requires_grad(false));
  }
  if (const auto lengths = of_rows(in.mask.key_lengths, in.mask); lengths.defined()) {
    options.key_mask = torch::arange(k.size(2), lengths.options()).unsqueeze(0) < lengths.unsqueeze(1);
  }
  return finished(ops::linear_attention(in.q, k, v, options).o);
}

std::unique_ptr<AttentionState> LinearAttention::start() const {
  return std::make_unique<RunningSums>();
}

torch::Tensor LinearAttention::step(const AttentionInput& newest, AttentionState& state) const {
  const torch::NoGradGuard no_grad;
  auto options = options_for(newest.q);
  if (options.rule == ops::StateRule::delta) {
    options.beta = torch::ones({newest.q.size(0), newest.q.size(1)}, newest.q.options());
  }
  auto& running = dynamic_cast<RunningSums&>(state);
  const auto o =
      ops::linear_attention_step(newest.q.squeeze(2), newest.k.squeeze(2), newest.v.squeeze(2), options, running.state);
  return finished(o.unsqueeze(2));
}

}  // namespace cairn::nn
