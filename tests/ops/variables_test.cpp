// Layout of discrete variables: one-hot rows, log-likelihood, range checks.
#include "cairn/ops/variables.h"

#include <gtest/gtest.h>

#include <torch/types.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

TEST(Variables, CountsRows) {
  const Variables v({2, 4, 3});
  EXPECT_EQ(v.D(), 3);
  EXPECT_EQ(v.R(), 6);
  EXPECT_EQ(v.offsets, (std::vector<int64_t>{0, 1, 4}));
  EXPECT_FALSE(v.all_binary());
  EXPECT_TRUE(Variables::binary(5).all_binary());
  EXPECT_THROW(Variables({2, 1}), UsageError);
}

TEST(Variables, OneHotLeavesOutLevelZero) {
  const Variables v({2, 4, 3});
  const auto x = torch::tensor({{0, 0, 0}, {1, 3, 2}, {0, 1, 1}}, torch::kUInt8);
  const auto expected = torch::tensor({{0, 0, 0, 0, 0, 0}, {1, 0, 0, 1, 0, 1}, {0, 1, 0, 0, 1, 0}}, torch::kFloat32);
  EXPECT_TRUE(torch::equal(one_hot(x, v, torch::kFloat32), expected));
  EXPECT_EQ(one_hot(x.slice(0, 0, 0), v, torch::kFloat64).sizes(), (at::IntArrayRef{0, 6}));
}

TEST(Variables, LogLikelihoodIsTheDefinition) {
  torch::manual_seed(1);
  const Variables v({2, 2, 4, 4, 2, 3});
  const auto logits = torch::randn({7, v.R()}, torch::kFloat64) * 3;
  auto x = torch::zeros({7, 6}, torch::kInt64);
  for (int64_t d = 0; d < 6; ++d) x.select(1, d).random_(0, v.levels[d]);
  const auto got = log_likelihood(logits, x, v);
  for (int64_t n = 0; n < 7; ++n) {
    for (int64_t d = 0; d < 6; ++d) {
      double total = 1, chosen = 0;
      for (int64_t k = 1; k < v.levels[d]; ++k) {
        const double logit = logits[n][v.offsets[d] + k - 1].item<double>();
        total += std::exp(logit);
        if (x[n][d].item<int64_t>() == k) chosen = logit;
      }
      EXPECT_NEAR(got[n][d].item<double>(), chosen - std::log(total), 1e-12);
    }
  }
}

TEST(Variables, LogLikelihoodIsStable) {
  for (const auto& v : {Variables::binary(2), Variables({3, 2})}) {
    for (const double size : {200.0, -200.0, 1e4}) {
      const auto logits = torch::full({1, v.R()}, size).requires_grad_();
      const auto terms = log_likelihood(logits, torch::zeros({1, 2}, torch::kUInt8), v);
      EXPECT_TRUE(terms.isfinite().all().item<bool>());
      terms.sum().backward();
      EXPECT_TRUE(logits.grad().isfinite().all().item<bool>());
    }
  }
  const auto one = torch::ones({1, 1}, torch::kUInt8);
  EXPECT_NEAR(log_likelihood(torch::full({1, 1}, -50.0), one, Variables::binary(1)).item<double>(), -50, 1e-5);
}

TEST(Variables, ChecksLevels) {
  const Variables v({2, 4});
  EXPECT_NO_THROW(check_levels(torch::tensor({{1, 3}}, torch::kInt64), v));
  EXPECT_NO_THROW(check_levels(torch::zeros({0, 2}, torch::kUInt8), v));
  EXPECT_THROW(check_levels(torch::zeros({1, 3}, torch::kUInt8), v), UsageError);
  EXPECT_THROW(check_levels(torch::zeros({1, 2}, torch::kFloat32), v), UsageError);
  EXPECT_THROW(check_levels(torch::tensor({{0, -1}}, torch::kInt64), v), InputError);
  try {
    check_levels(torch::tensor({{0, 0}, {0, 4}}, torch::kInt64), v, "a.npy");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "[a.npy] row 1, variable 1: got 4, expected a level in 0 .. 3");
  }
}

}  // namespace
}  // namespace cairn::ops
