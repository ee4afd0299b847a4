// Attention of every kernel as a block with what it learns: against definitions, differences, one position after the
// other, neighbours.
#include "cairn/nn/attention_gates.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "cairn/nn/multi_head_attention.h"
#include "cairn/nn/state_dict.h"

namespace cairn::nn {
namespace {

constexpr int64_t kWidth = 12, kHeads = 3, kHead = kWidth / kHeads;
const RandomStream kRandom(7, "test");

/// With weights large enough for gates to be anything.
MultiHeadAttention block(const std::string& kernel, torch::ScalarType type) {
  MultiHeadAttention made(MultiHeadAttentionOptions{.width = kWidth, .heads = kHeads, .kernel = kernel, .causal = true},
                          kRandom);
  made->to(type);
  torch::manual_seed(3);
  for (auto& p : made->parameters()) p.data().normal_();
  return made;
}

torch::Tensor random_tokens(int64_t B, int64_t T, torch::ScalarType type) {
  torch::manual_seed(4);
  return torch::randn({B, T, kWidth}, type);
}

torch::Tensor attended(MultiHeadAttention& block, const torch::Tensor& x) {
  return block->forward(x, x, {.causal = true});
}

class Blocks : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Causal, Blocks, testing::ValuesIn(attention_kernel_names()),
                         [](const auto& test) { return test.param; });

TEST_P(Blocks, GradientsAgreeWithDifferences) {
  auto attention = block(GetParam(), torch::kFloat64);
  auto x = random_tokens(2, 5, torch::kFloat64).requires_grad_();
  const auto weight = torch::randn({2, 5, kWidth}, torch::kFloat64);
  const auto objective = [&] { return (attended(attention, x) * weight).sum(); };
  objective().backward();
  auto leaves = attention->named_parameters();
  leaves.insert("x", x);
  for (const auto& leaf : leaves) {
    const auto flat = leaf.value().data().view({-1});
    ASSERT_TRUE(leaf.value().grad().defined()) << leaf.key();
    for (const int64_t k : {int64_t{0}, flat.numel() / 2, flat.numel() - 1}) {
      const double kept = flat[k].item<double>(), step = 1e-5;
      const auto at = [&](double value) {
        flat[k] = value;
        return objective().item<double>();
      };
      const double slope = (at(kept + step) - at(kept - step)) / (2 * step);
      flat[k] = kept;
      EXPECT_NEAR(slope, leaf.value().grad().view({-1})[k].item<double>(), 1e-6 * std::max(1.0, std::abs(slope)))
          << leaf.key() << " " << k;
    }
  }
}

TEST_P(Blocks, StepsAndPiecesAreTheWhole) {
  const torch::NoGradGuard no_grad;
  for (const auto type : {torch::kFloat64, torch::kFloat32}) {
    auto attention = block(GetParam(), type);
    attention->eval();
    const PackedForUse packed(*attention);
    const auto x = random_tokens(2, 20, type), whole = attended(attention, x);
    const double bound = (type == torch::kFloat64 ? 1e-10 : 1e-4) * whole.abs().max().item<double>();
    const auto state = attention->start();
    int64_t begin = 0;
    for (const int64_t piece : {1, 1, 5, 1, 12}) {
      const auto got = attention->step(x.slice(1, begin, begin + piece), *state, begin);
      EXPECT_LT((got - whole.slice(1, begin, begin + piece)).abs().max().item<double>(), bound) << begin;
      begin += piece;
    }
  }
}

TEST_P(Blocks, RowsHaveTheSameBitsAloneAndDoNotSeeWhatFollows) {
  const torch::NoGradGuard no_grad;
  auto attention = block(GetParam(), torch::kFloat32);
  attention->eval();
  const PackedForUse packed(*attention);
  auto x = random_tokens(3, 9, torch::kFloat32);
  const auto together = attended(attention, x);
  for (int64_t b = 0; b < 3; ++b) EXPECT_TRUE(attended(attention, x.slice(0, b, b + 1))[0].equal(together[b])) << b;
  x.slice(1, 5).normal_();
  const auto changed = attended(attention, x);
  EXPECT_TRUE(changed.slice(1, 0, 5).equal(together.slice(1, 0, 5)));
  EXPECT_FALSE(changed.equal(together));
}

/// A head's outputs token by token, from the papers' recurrences, in double.
class Recurrence {
 public:
  explicit Recurrence(MultiHeadAttention& block) : weights_(state_dict(*block)) {}

  torch::Tensor linear(const std::string& name, const torch::Tensor& x) const {
    const auto bias = weights_.find(name + ".bias");
    const auto y = torch::matmul(x, weights_.at(name + ".weight").t());
    return bias == weights_.end() ? y : y + bias->second;
  }
  /// x [T, width]; next(S, k, v, t, h) -> the state after token t of head h.
  template <class Next>
  torch::Tensor heads(const torch::Tensor& x, const Next& next) const {
    const auto q = linear("q_proj", x), k = linear("k_proj", x), v = linear("v_proj", x);
    std::vector<torch::Tensor> all;
    for (int64_t h = 0; h < kHeads; ++h) {
      auto S = torch::zeros({kHead, kHead}, torch::kFloat64);
      std::vector<torch::Tensor> outputs;
      for (int64_t t = 0; t < x.size(0); ++t) {
        const auto of = [&](const torch::Tensor& p) { return p[t].slice(0, h * kHead, (h + 1) * kHead); };
        S = next(S, of(k), of(v), t, h);
        outputs.push_back(torch::matmul(of(q), S));
      }
      all.push_back(torch::stack(outputs));
    }
    return torch::stack(all, 1);  // [T, H, d]
  }

 private:
  std::map<std::string, torch::Tensor> weights_;
};

torch::Tensor scaled(const torch::Tensor& o) {
  return o / (o.square().mean(-1, /*keepdim=*/true) + 1e-6).sqrt();
}

TEST(AttentionGates, GatedRetentionIsThePapers) {
  auto attention = block("gated_retention", torch::kFloat64);
  const Recurrence definition(attention);
  const auto x = random_tokens(1, 6, torch::kFloat64);
  const auto gamma = definition.linear("gates.decay", x[0]).sigmoid().pow(1.0 / 16);  // [T, H]
  const auto heads = definition.heads(x[0], [&](const auto& S, const auto& k, const auto& v, int64_t t, int64_t h) {
    return gamma[t][h] * S + torch::outer(k, v);
  });
  const auto y = scaled(heads).flatten(1) * torch::silu(definition.linear("gates.output", x[0]));
  EXPECT_TRUE(torch::allclose(attended(attention, x)[0], definition.linear("out_proj", y), 1e-10, 1e-10));
}

TEST(AttentionGates, GatedLinearAttentionIsThePapers) {
  auto attention = block("gla", torch::kFloat64);
  const Recurrence definition(attention);
  const auto x = random_tokens(1, 6, torch::kFloat64);
  const auto alpha =
      definition.linear("gates.decay", definition.linear("gates.decay_low", x[0])).sigmoid().pow(1.0 / 16);
  const auto heads = definition.heads(x[0], [&](const auto& S, const auto& k, const auto& v, int64_t t, int64_t h) {
    return alpha[t].slice(0, h * kHead, (h + 1) * kHead).unsqueeze(1) * S + torch::outer(k, v);
  });
  const auto y = scaled(heads).flatten(1) * torch::silu(definition.linear("gates.output", x[0]));
  EXPECT_TRUE(torch::allclose(attended(attention, x)[0], definition.linear("out_proj", y), 1e-10, 1e-10));
}

TEST(AttentionGates, LearntBetaIsHowFarAValueIsOverwritten) {
  auto attention = block("delta_beta", torch::kFloat64);
  const Recurrence definition(attention);
  const auto x = random_tokens(1, 6, torch::kFloat64);
  const auto beta = definition.linear("gates.beta", x[0]).sigmoid();  // [T, H]
  const auto q = definition.linear("q_proj", x[0]).view({6, kHeads, kHead});
  const auto heads = definition.heads(x[0], [&](const auto& S, const auto& key, const auto& v, int64_t t, int64_t h) {
    const auto k = key / key.norm();
    return S + beta[t][h] * torch::outer(k, v - torch::matmul(k, S));
  });
  const auto y = (heads / q.norm(2, 2, /*keepdim=*/true)).flatten(1);
  EXPECT_TRUE(torch::allclose(attended(attention, x)[0], definition.linear("out_proj", y), 1e-10, 1e-10));
}

TEST(RandomFeatures, AreAFunctionOfTheDrawsNumber) {
  const auto projection = [](MultiHeadAttention& b) { return state_dict(*b).at("projection").clone(); };
  auto one = block("performer", torch::kFloat32), other = block("performer", torch::kFloat32);
  EXPECT_EQ(projection(one).size(0), 6);  // 4 ln 4
  redraw_random_features(*one, 3);
  EXPECT_FALSE(projection(one).equal(projection(other)));
  redraw_random_features(*other, 1);
  redraw_random_features(*other, 3);
  EXPECT_TRUE(projection(one).equal(projection(other)));
  redraw_random_features(*one, 0);
  auto fresh = block("performer", torch::kFloat32);
  EXPECT_TRUE(projection(one).equal(projection(fresh)));
}

TEST(AttentionGates, AreThereOnlyWhereTheKernelAsks) {
  const auto names = [](const std::string& kernel) { return state_dict(*block(kernel, torch::kFloat32)); };
  for (const auto& [name, tensor] : names("softmax")) EXPECT_FALSE(name.starts_with("gates")) << name;
  EXPECT_TRUE(names("gla").contains("gates.decay_low.weight"));
  EXPECT_FALSE(names("delta_beta").contains("gates.output.weight"));
}

}  // namespace
}  // namespace cairn::nn
