// What makes a model a density: probabilities sum to one, and no conditional looks ahead.
#include <algorithm>
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/train/autocast.h"
#include "cairn/train/checkpointing/execute.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

class Density : public EverySmallModel {};

TEST_P(Density, SumsToOneOverAllInputs) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto all = enumerate(model->variables());
  EXPECT_NEAR(log_likelihood(*model, all).exp().sum().item<double>(), 1.0, 1e-10);
}

TEST_P(Density, EachMemberSumsToOne) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto all = enumerate(model->variables());
  for (int64_t member = 0; member < model->members(); ++member) {
    EXPECT_NEAR(model->conditionals(all, member).sum(1).exp().sum().item<double>(), 1.0, 1e-10) << "member " << member;
  }
}

/// Coarser products make another density, not a broken one: that is what allows `cairn eval --precision bf16`.
TEST_P(Density, SumsToOneWithProductsInBfloat16) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam(), torch::kFloat32);
  const auto all = enumerate(model->variables());
  const train::Autocast autocast({.device = torch::kCPU, .enabled = true});
  EXPECT_NEAR(log_likelihood(*model, all).exp().sum().item<double>(), 1.0, 1e-5);
}

TEST_P(Density, FlippingAVariableChangesNoEarlierConditional) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam(), torch::kFloat32);
  const auto all = enumerate(model->variables());
  const auto x = all.slice(0, 0, std::min<int64_t>(all.size(0), 64)).clone();
  for (int64_t member = 0; member < model->members(); ++member) {
    const Order& order = model->order(member);
    const auto before = model->conditionals(x, member);
    for (size_t i = 0; i < order.size(); ++i) {
      auto flipped = x.clone();
      flipped.select(1, order[i]).add_(1).remainder_(model->variables().levels[order[i]]);
      const auto after = model->conditionals(flipped, member);
      for (size_t j = 0; j < i; ++j) {
        EXPECT_TRUE(torch::equal(before.select(1, order[j]), after.select(1, order[j])))
            << "position " << j << " saw position " << i;
      }
    }
  }
}

TEST_P(Density, BatchOfOneAndOfNoneAgreeWithABatch) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto all = enumerate(model->variables());
  const auto together = log_likelihood(*model, all.slice(0, 0, 5));
  for (int64_t n = 0; n < together.size(0); ++n) {
    const auto alone = log_likelihood(*model, all.slice(0, n, n + 1));
    EXPECT_NEAR(alone.item<double>(), together[n].item<double>(), 1e-12);
  }
  EXPECT_EQ(log_likelihood(*model, all.slice(0, 0, 0)).sizes(), torch::IntArrayRef({0}));
}

TEST_P(Density, LogPIsTheSumOfTheConditionals) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto x = enumerate(model->variables()).slice(0, 0, 30);
  for (int64_t member = 0; member < model->members(); ++member) {
    EXPECT_TRUE(torch::allclose(model->log_p(x, member), model->conditionals(x, member).sum(1), 0, 1e-11));
  }
}

TEST_P(Density, ObjectiveHasAGradientForEveryParameter) {
  const auto model = make_random(GetParam());
  const auto x = enumerate(model->variables()).slice(0, 1, 40);
  model->objective(x, RandomStream(3, "objective")).mean().backward();
  for (const auto& item : model->named_parameters()) {
    ASSERT_TRUE(item.value().grad().defined()) << item.key();
    EXPECT_TRUE(torch::isfinite(item.value().grad()).all().item<bool>()) << item.key();
  }
}

INSTANTIATE_TEST_SUITE_P(Small, Density, testing::ValuesIn(small_models()),
                         [](const auto& test) { return test.param.name; });

/// The objective [B] and every parameter's gradient.
std::vector<torch::Tensor> gradients_of(DensityModel& model, const torch::Tensor& objective) {
  model.zero_grad();
  objective.mean().backward();
  std::vector<torch::Tensor> all{objective.detach()};
  for (const auto& parameter : model.parameters()) all.push_back(parameter.grad().clone());
  return all;
}

TEST(StagedObjective, GivesTheSameBitsUnderASchedule) {
  int compared = 0;
  for (const SmallModel& small : small_models()) {
    const auto model = make_random(small, torch::kFloat32);
    const auto x = enumerate(model->variables()).slice(0, 1, 40);
    const auto staged = model->staged_objective(x, RandomStream(3, "objective"));
    if (!staged) continue;  // one layer
    const auto plain = gradients_of(*model, model->objective(x, RandomStream(3, "objective")));
    const auto schedule = checkpointing::revolve(staged->chain.size(), 1);
    const auto again = gradients_of(*model, checkpointing::execute(staged->chain, schedule, {staged->input}).at(0));
    for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(torch::equal(plain[i], again[i])) << small.name << " " << i;
    ++compared;
  }
  EXPECT_GT(compared, 10);
}

TEST(Ensemble, IsTheMeanOfTheMembersProbabilities) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random({"made", {.kind = "made", .hidden = {16}, .orders = 3}});
  const auto x = enumerate(model->variables()).slice(0, 0, 10);
  auto mean = torch::zeros({10}, torch::kFloat64);
  for (int64_t member = 0; member < 3; ++member) mean += model->conditionals(x, member).sum(1).exp() / 3;
  EXPECT_TRUE(torch::allclose(log_likelihood(*model, x).exp(), mean, 1e-12, 0));
}

TEST(Made, MasksDifferInWhatTheyAreAgnosticTo) {
  const torch::NoGradGuard no_grad;
  const auto agnostic_to = [](const char* what) {  // the same parameters each
    return make_random(
        {"made", {.kind = "made", .hidden = {16, 13}, .order = "random", .orders = 3, .agnostic = what}});
  };
  const auto order = agnostic_to("order"), connectivity = agnostic_to("connectivity"), both = agnostic_to("both");
  const auto x = enumerate(order->variables()).slice(0, 1, 9);
  EXPECT_FALSE(torch::allclose(order->conditionals(x, 1), both->conditionals(x, 1)));
  EXPECT_FALSE(torch::allclose(connectivity->conditionals(x, 1), both->conditionals(x, 1)));
  EXPECT_EQ(order->order(1), both->order(1));
  EXPECT_NE(both->order(1), both->order(2));
  for (const int64_t mask : {1, 2}) {
    EXPECT_EQ(connectivity->order(mask), connectivity->order(0));
    EXPECT_FALSE(torch::allclose(connectivity->conditionals(x, mask), connectivity->conditionals(x, 0)));
  }
}

TEST(Made, RefusesToBeAgnosticToConnectionsWithOneMask) {
  EXPECT_THROW(make_random({"made", {.kind = "made", .hidden = {16}, .agnostic = "connectivity"}}), UsageError);
  EXPECT_THROW(make_random({"nade", {.kind = "nade", .hidden = {16}, .agnostic = "both"}}), UsageError);
}

TEST(JointModel, TheLabelCountsItsWeightInTheObjective) {
  for (const char* kind : {"nade", "made", "mixture"}) {
    ModelConfig config{.kind = kind, .hidden = {8}, .label = "last"};
    const auto plain = make_random({kind, config, {2, 3}});
    config.label_weight = 5;
    const auto weighted = make_random({kind, config, {2, 3}});  // the same parameters
    const auto x = enumerate(plain->variables()).slice(0, 1, 30);
    const RandomStream random(3, "objective");
    const auto label = plain->conditionals(x, 0).select(1, -1);
    EXPECT_TRUE(torch::allclose(weighted->objective(x, random), plain->objective(x, random) - 4 * label, 1e-12, 1e-12));
    EXPECT_TRUE(torch::equal(weighted->conditionals(x, 0), plain->conditionals(x, 0)));
  }
}

TEST(DeepNade, ObjectiveIsAnUnbiasedEstimateOfTheMeanOverOrders) {
  // For D = 3 the expectation over orders and lengths is a finite sum: the mean over all 6 orders of -log p_o(x).
  const torch::NoGradGuard no_grad;
  const SmallModel small{"deep", {.kind = "deep_nade", .hidden = {6}}, {3}};
  const auto model = make_random(small);
  const auto x = torch::tensor({1, 0, 1}, torch::kUInt8).unsqueeze(0);
  double exact = 0;
  Order order{0, 1, 2};
  do {
    const auto stepper = model->stepper({0, order}, 1);
    for (const int64_t d : order) {
      float logit = 0;
      stepper->logits(&logit);
      const int64_t value = x[0][d].item<int64_t>();
      exact -= -std::log1p(std::exp(value == 1 ? -logit : logit)) / 6;
      stepper->observe(&value);
    }
  } while (std::next_permutation(order.begin(), order.end()));
  const int64_t draws = 20000;
  const auto values = model->objective(x.expand({draws, 3}).contiguous(), RandomStream(1, "draws"));
  const double error = values.std().item<double>() / std::sqrt(static_cast<double>(draws));
  EXPECT_NEAR(values.mean().item<double>(), exact, 4 * error);
}

}  // namespace
}  // namespace cairn::autoregressive
