#include "cairn/models/autoregressive/sampling.h"
#include "cairn/base/error.h"

#include <cmath>

#include "small_models.h"

namespace cairn::autoregressive {
namespace {

constexpr int64_t kDraws = 40000;

/// Index of each row of x in `enumerate`'s order.
torch::Tensor index_of(const torch::Tensor& x, const ops::Variables& variables) {
  auto index = torch::zeros({x.size(0)}, torch::kInt64);
  int64_t weight = 1;
  for (int64_t d = 0; d < x.size(1); ++d) {
    index += x.select(1, d).to(torch::kInt64) * weight;
    weight *= variables.levels[d];
  }
  return index;
}

/// Pearson's chi-square of draws against probabilities, as standard deviations from its mean.
double chi_square_sigmas(const torch::Tensor& draws, const torch::Tensor& p, const ops::Variables& variables) {
  const auto counts = torch::bincount(index_of(draws, variables), {}, p.size(0)).to(torch::kFloat64);
  const auto expected = p * static_cast<double>(draws.size(0));
  const auto enough = expected.gt(5);
  const auto terms = (counts - expected).pow(2) / expected;
  const double cells = enough.sum().item<double>() - 1;
  return (terms.masked_select(enough).sum().item<double>() - cells) / std::sqrt(2 * cells);
}

std::vector<SmallModel> tiny_models() {
  std::vector<SmallModel> models;
  for (auto& model : small_models()) {
    if (model.shape != std::vector<int64_t>{1}) {
      model.shape = {2, 2};
      models.push_back(model);
    }
  }
  return models;
}

class Sampling : public EverySmallModel {};

TEST_P(Sampling, FollowsTheModelsProbabilities) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto p = log_likelihood(*model, enumerate(model->variables())).exp();
  EXPECT_LT(chi_square_sigmas(sample(*model, kDraws, RandomStream(5, "draws")), p, model->variables()), 5);
}

TEST_P(Sampling, CompletionFollowsTheConditionalProbabilities) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  auto known = nothing_known(*model, kDraws);
  const int64_t d = model->order(0)[0];
  known.mask[d] = true;
  known.values.select(1, d).fill_(1);
  const auto all = enumerate(model->variables());
  auto p = log_likelihood(*model, all).exp() * all.select(1, d).eq(1);
  if (model->orderless()) {  // completion follows one order: its member's own density
    p = model->conditionals(all, 0).sum(1).exp() * all.select(1, d).eq(1);
  }
  if (!model->orderless() && model->members() > 1) {  // only members that visit d first can answer
    p = torch::zeros_like(p);
    for (int64_t member = 0; member < model->members(); ++member) {
      if (model->order(member)[0] == d) p += model->conditionals(all, member).sum(1).exp() * all.select(1, d).eq(1);
    }
  }
  const auto x = complete(*model, known, RandomStream(6, "draws"));
  EXPECT_TRUE(x.select(1, d).eq(1).all().item<bool>());
  EXPECT_LT(chi_square_sigmas(x, p / p.sum(), model->variables()), 5);
}

INSTANTIATE_TEST_SUITE_P(Tiny, Sampling, testing::ValuesIn(tiny_models()),
                         [](const auto& test) { return test.param.name; });

TEST(Sample, DrawNDependsOnTheSeedAndNAlone) {
  const auto model = make_random({"nade", {.kind = "nade", .hidden = {6}}});
  const auto many = sample(*model, 10, RandomStream(1, "s"));
  const auto few = sample(*model, 3, RandomStream(1, "s"));
  EXPECT_TRUE(torch::equal(many.slice(0, 0, 3), few));
  EXPECT_FALSE(torch::equal(many, sample(*model, 10, RandomStream(2, "s"))));
  EXPECT_EQ(sample(*model, 0, RandomStream(1, "s")).size(0), 0);
}

TEST(Complete, RefusesAMaskTheOrderDoesNotAllow) {
  const auto model = make_random({"nade", {.kind = "nade", .hidden = {6}}});
  auto known = nothing_known(*model, 2);
  known.mask[5] = true;
  EXPECT_THROW(complete(*model, known, RandomStream(1, "s")), UsageError);
}

TEST(Complete, EverythingKnownComesBack) {
  const auto model = make_random({"deep", {.kind = "deep_nade", .hidden = {6}}});
  const auto x = enumerate(model->variables()).slice(0, 100, 107);
  EXPECT_TRUE(torch::equal(complete(*model, {x, torch::ones({12}, torch::kBool)}, RandomStream(1, "s")), x));
}

}  // namespace
}  // namespace cairn::autoregressive
