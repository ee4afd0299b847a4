// The fast block of logistic pairs against its definition, and the definition against finite differences.
#include "cairn/ops/logistic_pairs.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/ops/logistic_pairs_reference.h"

namespace cairn::ops {
namespace {

struct Case {
  int64_t B, U, D;
};

class LogisticPairsTest : public testing::TestWithParam<Case> {};

torch::Tensor counts(int64_t B, int64_t U) {
  return torch::randint(0, 3, {B, U}, torch::kFloat32);
}

TEST_P(LogisticPairsTest, TheKernelMovesAlongTheGradient) {
  torch::manual_seed(1);
  const auto [B, U, D] = GetParam();
  const int64_t stride = padded_width(D);
  const auto x = torch::zeros({B, stride}), c = torch::zeros({U, stride});
  x.narrow(1, 0, D).normal_();
  c.narrow(1, 0, D).normal_();
  const auto p = counts(B, U), n = counts(B, U);
  auto xd = x.narrow(1, 0, D).to(torch::kFloat64).requires_grad_(),
       cd = c.narrow(1, 0, D).to(torch::kFloat64).requires_grad_();
  const auto loss = logistic_pairs_reference(xd, cd, p.to(torch::kFloat64), n.to(torch::kFloat64));
  loss.backward();

  const float lr = 0.1f;
  const auto padded = [&](const torch::Tensor& t) {
    return torch::cat({t.reshape(-1), torch::full({kPairLanes}, 1e9)});
  };
  const auto p_flat = padded(p), n_flat = padded(n), moved = c.clone();
  std::vector<const float*> x_rows;
  std::vector<float*> c_rows;
  for (int64_t b = 0; b < B; ++b) x_rows.push_back(x.const_data_ptr<float>() + b * stride);
  for (int64_t u = 0; u < U; ++u) c_rows.push_back(moved.data_ptr<float>() + u * stride);
  LogisticPairs pairs;
  const double fast = pairs.update({.x = x_rows.data(),
                                    .c = c_rows.data(),
                                    .p = p_flat.const_data_ptr<float>(),
                                    .n = n_flat.const_data_ptr<float>(),
                                    .B = B,
                                    .U = U,
                                    .width = D,
                                    .stride = stride,
                                    .lr = lr});
  EXPECT_NEAR(fast, loss.item<double>(), 2e-6 * (1 + loss.item<double>()));
  const auto step_c = (moved - c).narrow(1, 0, D).to(torch::kFloat64);
  EXPECT_TRUE(torch::allclose(step_c, -lr * cd.grad(), 1e-5, 2e-6));
  EXPECT_TRUE(moved.narrow(1, D, stride - D).eq(0).all().item<bool>());
  for (int64_t b = 0; b < B; ++b) {
    const auto step = torch::from_blob(pairs.step(b), {D}, torch::kFloat32).to(torch::kFloat64);
    EXPECT_TRUE(torch::allclose(step, -lr * xd.grad()[b], 1e-5, 2e-6)) << b;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LogisticPairsTest,
                         testing::Values(Case{1, 1, 1}, Case{1, 36, 100}, Case{6, 6, 100}, Case{10, 6, 50},
                                         Case{8, 33, 200}, Case{3, 7, 17}, Case{5, 2, 300}, Case{2, 13, 16}),
                         [](const auto& test) { return cat("B", test.param.B, "U", test.param.U, "D", test.param.D); });

TEST(LogisticPairsReference, GradientsAreFiniteDifferences) {
  torch::manual_seed(2);
  const auto options = torch::TensorOptions().dtype(torch::kFloat64);
  auto x = torch::randn({3, 5}, options).requires_grad_(), c = torch::randn({4, 5}, options).requires_grad_();
  const auto p = torch::rand({3, 4}, options), n = torch::rand({3, 4}, options);
  logistic_pairs_reference(x, c, p, n).backward();
  const torch::NoGradGuard no_grad;
  const auto loss = [&] { return logistic_pairs_reference(x, c, p, n).item<double>(); };
  for (const auto& leaf : {x, c}) {
    const auto flat = leaf.view(-1), grad = leaf.grad().view(-1);
    for (int64_t i = 0; i < flat.size(0); ++i) {
      const double h = 1e-5, at = flat[i].item<double>();
      flat[i] = at + h;
      const double up = loss();
      flat[i] = at - h;
      const double down = loss();
      flat[i] = at;
      EXPECT_NEAR((up - down) / (2 * h), grad[i].item<double>(), 1e-6);
    }
  }
}

TEST(LogisticPairs, LargeScoresStayFinite) {
  const int64_t stride = padded_width(1);
  std::vector<float> x(static_cast<size_t>(stride), 0), c(static_cast<size_t>(stride), 0);
  x[0] = 300;
  c[0] = 1;
  const std::vector<float> p(kPairLanes + 1, 0), n(kPairLanes + 1, 1);
  const float* rows[] = {x.data()};
  float* outputs[] = {c.data()};
  LogisticPairs pairs;
  const double loss = pairs.update({.x = rows,
                                    .c = outputs,
                                    .p = p.data(),
                                    .n = n.data(),
                                    .B = 1,
                                    .U = 1,
                                    .width = 1,
                                    .stride = stride,
                                    .lr = 0.5f});
  EXPECT_NEAR(loss, 300, 1e-3);
  EXPECT_NEAR(pairs.step(0)[0], -0.5, 1e-6);
  EXPECT_NEAR(c[0], 1 - 150, 1e-4);
}

}  // namespace
}  // namespace cairn::ops
