// Cross-entropy over a vocabulary in chunks against all logits at once, gradients by differences, what is refused.
#include "cairn/ops/cross_entropy.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

struct Input {
  torch::Tensor h, W, b, targets;
};

Input make_input(int64_t N, int64_t D, int64_t V, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(2);
  const auto o = torch::dtype(type);
  return {torch::randn({N, D}, o), torch::randn({V, D}, o), torch::randn({V}, o),
          torch::randint(V, {N}, torch::kInt64)};
}

using Implementation = CrossEntropy (*)(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&,
                                        const torch::Tensor&, const CrossEntropyOptions&);

std::vector<torch::Tensor> run(Input in, const CrossEntropyOptions& options, Implementation implementation) {
  for (auto* t : {&in.h, &in.W, &in.b}) *t = t->detach().clone().requires_grad_();
  const auto out = implementation(in.h, in.W, in.b, in.targets, options);
  (out.mean * 3).backward();
  return {out.mean.detach(), out.losses, in.h.grad(), in.W.grad(), in.b.grad()};
}

TEST(CrossEntropy, ChunksEqualAllAtOnce) {
  auto in = make_input(23, 6, 41);
  in.targets[4] = in.targets[22] = -1;
  for (const auto& [bytes, smoothing] : std::vector<std::pair<int64_t, double>>{
           {1, 0}, {41 * 8 * 5, 0}, {1 << 20, 0}, {1, 0.1}, {41 * 8 * 5, 0.9}, {1 << 20, 0.3}}) {
    const CrossEntropyOptions options{.smoothing = smoothing, .chunk_bytes = bytes};
    const auto got = run(in, options, cross_entropy), expected = run(in, options, cross_entropy_reference);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_LT((got[i] - expected[i]).abs().max().item<double>(), 1e-12) << i;
  }
}

void expect_gradients_as_differences(double smoothing) {
  auto in = make_input(4, 3, 5);
  in.targets[1] = -1;
  const CrossEntropyOptions options{.smoothing = smoothing};
  const auto analytic = run(in, options, cross_entropy);
  size_t which = 2;
  for (auto* t : {&in.h, &in.W, &in.b}) {
    for (int64_t k = 0; k < t->numel(); ++k) {
      double& value = t->data_ptr<double>()[k];
      const double kept = value, step = 1e-5;
      const auto objective = [&](double at) {
        value = at;
        return 3 * cross_entropy(in.h, in.W, in.b, in.targets, options).mean.item<double>();
      };
      const double slope = (objective(kept + step) - objective(kept - step)) / (2 * step);
      value = kept;
      EXPECT_NEAR(slope, analytic[which].flatten()[k].item<double>(), 1e-8);
    }
    ++which;
  }
}

TEST(CrossEntropy, GradientsAgreeWithFiniteDifferences) {
  expect_gradients_as_differences(0);
  expect_gradients_as_differences(0.2);
}

TEST(CrossEntropy, SmoothingIsTheCrossEntropyWithSmoothedTargets) {
  const auto in = make_input(6, 3, 5);
  const double s = 0.3;
  const auto target = torch::one_hot(in.targets, 5).to(torch::kFloat64) * (1 - s) + s / 5;
  const auto log_p = torch::log_softmax(torch::addmm(in.b, in.h, in.W.t()), 1);
  const auto got = cross_entropy(in.h, in.W, in.b, in.targets, {.smoothing = s});
  EXPECT_NEAR(got.mean.item<double>(), -(target * log_p).sum(1).mean().item<double>(), 1e-12);
  EXPECT_TRUE(got.losses.equal(cross_entropy(in.h, in.W, in.b, in.targets).losses));
  EXPECT_THROW(cross_entropy(in.h, in.W, in.b, in.targets, {.smoothing = 1}), UsageError);
}

TEST(CrossEntropy, FloatIsCloseForLargeLogits) {
  auto in = make_input(50, 20, 1000, torch::kFloat32);
  in.h = in.h * 20;
  const auto got = cross_entropy(in.h, in.W, in.b, in.targets);
  const auto expected =
      cross_entropy_reference(in.h.to(torch::kFloat64), in.W.to(torch::kFloat64), in.b.to(torch::kFloat64), in.targets);
  EXPECT_LT(((got.losses - expected.losses).abs() / expected.losses.clamp_min(1)).max().item<double>(), 1e-5);
}

TEST(CrossEntropy, UniformLogitsCostTheLogarithmOfTheVocabulary) {
  const auto out = cross_entropy(torch::zeros({3, 4}), torch::zeros({10000, 4}), {}, torch::tensor({0, 17, 9999}));
  EXPECT_NEAR(out.mean.item<double>(), std::log(10000.0), 1e-5);
}

TEST(CrossEntropy, APositionDependsOnItselfAlone) {
  const auto in = make_input(19, 30, 77, torch::kFloat32);
  const PackedMatrix packed(in.W);
  const auto together = cross_entropy_losses(in.h, packed, in.b, in.targets);
  for (int64_t n = 0; n < 19; ++n) {
    const auto alone = cross_entropy_losses(in.h.narrow(0, n, 1), packed, in.b, in.targets.narrow(0, n, 1));
    EXPECT_TRUE(torch::equal(alone[0], together[n]));
  }
  EXPECT_LT((together - cross_entropy_reference(in.h, in.W, in.b, in.targets).losses).abs().max().item<double>(), 2e-5);
}

TEST(CrossEntropy, NothingToCount) {
  auto in = make_input(2, 3, 5);
  in.targets.fill_(-1);
  const auto results = run(in, {}, cross_entropy);
  for (const auto& t : results) EXPECT_EQ(t.abs().sum().item<double>(), 0);
  const auto none = cross_entropy(torch::zeros({0, 3}), torch::zeros({5, 3}), {}, torch::zeros({0}, torch::kInt64));
  EXPECT_EQ(none.count, 0);
  EXPECT_EQ(none.mean.item<double>(), 0);
}

TEST(CrossEntropy, NotANumberStaysNotANumber) {
  auto in = make_input(2, 3, 5);
  in.h[1][0] = NAN;
  EXPECT_TRUE(std::isnan(cross_entropy(in.h, in.W, in.b, in.targets).mean.item<double>()));
}

TEST(CrossEntropy, RefusesWhatDoesNotFit) {
  const auto in = make_input(4, 3, 5);
  EXPECT_THROW(cross_entropy(in.h, in.W.slice(1, 0, 2), in.b, in.targets), UsageError);
  EXPECT_THROW(cross_entropy(in.h, in.W, in.b.slice(0, 0, 2), in.targets), UsageError);
  EXPECT_THROW(cross_entropy(in.h, in.W, in.b, in.targets.slice(0, 0, 2)), UsageError);
  const auto far = torch::tensor({0, 1, 5, 2}, torch::kInt64);
  try {
    cross_entropy(in.h, in.W, in.b, far);
    ADD_FAILURE() << "took a target out of range";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("position 2: got 5, expected 0 .. 4"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace cairn::ops
