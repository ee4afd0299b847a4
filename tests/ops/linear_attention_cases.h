// Every kind of linear attention with random inputs, for its tests.
#pragma once

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

#include "cairn/ops/linear_attention.h"

namespace cairn::ops {

enum class Fade { none, fixed, by_token, gates };

/// One kind; sizes come from the test.
struct Kind {
  std::string name;
  Similarity similarity = Similarity::elu;
  bool normalise = true;
  Direction direction = Direction::causal;
  Fade fade = Fade::none;
  bool delta = false;
};
inline void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

inline std::vector<Kind> causal_kinds() {
  using S = Similarity;
  constexpr auto kCausal = Direction::causal;
  return {{"dot", S::dot, false},
          {"unit", S::unit, false},
          {"elu", S::elu},
          {"elu_unnormalised", S::elu, false},
          {"relu", S::relu},
          {"squared_relu", S::squared_relu},
          {"taylor", S::taylor},
          {"efficient", S::efficient},
          {"performer", S::performer},
          {"cosformer", S::cosformer},
          {"retention", S::dot, false, kCausal, Fade::fixed},
          {"elu_retention", S::elu, true, kCausal, Fade::fixed},
          {"token_decay", S::dot, false, kCausal, Fade::by_token},
          {"gated", S::dot, false, kCausal, Fade::gates},
          {"elu_gated", S::elu, true, kCausal, Fade::gates},
          {"delta", S::unit, false, kCausal, Fade::none, true}};
}

inline std::vector<Kind> bidirectional_kinds() {
  using S = Similarity;
  constexpr auto kBoth = Direction::bidirectional;
  return {{"dot", S::dot, false, kBoth},
          {"elu", S::elu, true, kBoth},
          {"relu", S::relu, true, kBoth},
          {"squared_relu", S::squared_relu, true, kBoth},
          {"taylor", S::taylor, true, kBoth},
          {"efficient", S::efficient, true, kBoth},
          {"performer", S::performer, true, kBoth},
          {"cosformer", S::cosformer, true, kBoth}};
}

struct Sizes {
  int64_t B = 2, H = 2, Tq = 7, Tk = 7, dk = 5, dv = 3;
};

/// Inputs of a call; differentiable ones by name, in order.
struct Call {
  torch::Tensor q, k, v;
  LinearAttentionOptions options;
  LinearAttentionState state;

  std::vector<torch::Tensor*> leaves() {
    std::vector<torch::Tensor*> all{&q, &k, &v, &options.log_decay, &options.beta, &state.S};
    std::erase_if(all, [](const torch::Tensor* t) { return !t->defined(); });
    return all;
  }
  Call in(torch::ScalarType type, torch::ScalarType state_type) const {
    Call other = *this;
    for (auto* t : other.leaves()) *t = t->to(t == &other.state.S ? state_type : type);
    return other;
  }
  LinearAttentionOutput run() const { return linear_attention(q, k, v, options, state); }
};

inline Call make_call(const Kind& kind, const Sizes& s, bool with_state = true) {
  torch::manual_seed(4);
  const auto o = torch::dtype(torch::kFloat64);
  Call c;
  c.q = torch::randn({s.B, s.H, s.Tq, s.dk}, o);
  c.k = torch::randn({s.B, s.H, s.Tk, s.dk}, o);
  c.v = torch::randn({s.B, s.H, s.Tk, s.dv}, o);
  auto& options = c.options;
  options.similarity = kind.similarity;
  options.normalise = kind.normalise;
  options.direction = kind.direction;
  if (kind.similarity == Similarity::performer) {
    options.projection = performer_projection(11, s.dk, RandomStream(1, "test"));
  }
  if (kind.similarity == Similarity::cosformer) options.longest = 4 * (s.Tq + s.Tk) + 10;
  const int64_t D = features_of(kind.similarity, s.dk, options.projection);
  if (kind.fade != Fade::none) options.rule = StateRule::decay;
  if (kind.fade == Fade::fixed) options.log_decay = -torch::rand({s.H}, o) - 0.01;
  if (kind.fade == Fade::by_token) options.log_decay = -2 * torch::rand({s.B, s.H, s.Tk}, o);
  if (kind.fade == Fade::gates) options.log_decay = -2 * torch::rand({s.B, s.H, s.Tk, D}, o);
  if (kind.delta) {
    options.rule = StateRule::delta;
    options.beta = torch::rand({s.B, s.H, s.Tk}, o);
  }
  c.state = {.seen = std::vector<int64_t>(s.B, 0),
             .similarity = kind.similarity,
             .rule = options.rule,
             .normalised = kind.normalise};
  const bool one_softmax = kind.similarity == Similarity::efficient && kind.direction == Direction::bidirectional;
  if (!with_state || one_softmax) return c;
  const bool column = kind.normalise;
  c.state.S = torch::randn({s.B, s.H, D, s.dv + (column ? 1 : 0)}, o);
  if (column) c.state.S.select(3, s.dv).abs_();
  return c;
}

/// One fixed weighting of outputs, in numbers that bfloat16 holds.
inline torch::Tensor weighted_sum(const std::vector<torch::Tensor>& outputs) {
  auto sum = torch::zeros({}, torch::kFloat64);
  for (const auto& t : outputs) {
    const auto weight = torch::arange(1, t.numel() + 1, torch::kFloat64).mul(0.7).sin().to(torch::kBFloat16);
    sum = sum + (t.to(torch::kFloat64) * weight.view(t.sizes())).sum();
  }
  return sum;
}

/// Output, state, and the gradients of everything for weighted_sum of both.
inline std::vector<torch::Tensor> results(Call c) {
  std::vector<torch::Tensor> leaves;
  for (auto* t : c.leaves()) {
    *t = t->detach().clone().requires_grad_();
    leaves.push_back(*t);
  }
  const auto out = c.run();
  std::vector<torch::Tensor> all{out.o, out.state.S};
  const auto gradients = torch::autograd::grad({weighted_sum(all)}, leaves, {}, {}, false, /*allow_unused=*/true);
  for (size_t i = 0; i < leaves.size(); ++i) {
    all.push_back(gradients[i].defined() ? gradients[i] : torch::zeros_like(leaves[i]));
  }
  return all;
}

inline Call with(Call c, Form form, int64_t chunk = 64) {
  c.options.form = form;
  c.options.chunk = chunk;
  return c;
}

/// |got - expected| relative to the norm of what is expected, or to 1 where that is less.
inline double relative(const torch::Tensor& got, const torch::Tensor& expected) {
  if (got.numel() == 0) return 0;
  const auto wide = expected.detach().to(torch::kFloat64);
  return (got.detach().to(torch::kFloat64) - wide).norm().item<double>() / std::max(1.0, wide.norm().item<double>());
}

inline void expect_close(const std::vector<torch::Tensor>& got, const std::vector<torch::Tensor>& expected,
                         double bound) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes()) << i;
    EXPECT_LT(relative(got[i], expected[i]), bound) << "result " << i;
  }
}

}  // namespace cairn::ops
