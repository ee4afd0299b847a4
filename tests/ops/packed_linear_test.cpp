// Packed products in training against LibTorch's, values and gradients.
#include "cairn/ops/packed_linear.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <ATen/Parallel.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

torch::Tensor draw(torch::IntArrayRef shape) {
  return torch::randn(shape, torch::kFloat64);
}

TEST(PackedProduct, TakesAnyStridesAndAdds) {
  torch::manual_seed(1);
  const auto A = draw({7, 13}), B = draw({13, 21});
  for (const auto& a : {A, A.t().contiguous().t()}) {
    for (const auto& b : {B, B.t().contiguous().t()}) {
      EXPECT_LT((packed_product(a, b) - torch::mm(A, B)).abs().max().item<double>(), 1e-12);
      auto out = draw({7, 21});
      const auto expected = out + torch::mm(A, B);
      EXPECT_LT((packed_product(a, b, out) - expected).abs().max().item<double>(), 1e-12);
    }
  }
  EXPECT_THROW(packed_product(A, A), UsageError);
}

TEST(PackedLinear, ValuesAndGradientsAreLibTorchs) {
  torch::manual_seed(2);
  for (const bool bias : {true, false}) {
    auto x = draw({2, 5, 6}), W = draw({9, 6}), b = bias ? draw({9}) : torch::Tensor();
    const auto weight = draw({2, 5, 9});
    std::vector<torch::Tensor> inputs{x, W};
    if (bias) inputs.push_back(b);
    const auto run = [&](auto&& linear) {
      for (auto& t : inputs) t = t.detach().clone().requires_grad_();
      const auto y = linear(inputs[0], inputs[1], bias ? inputs[2] : torch::Tensor());
      (y * weight).sum().backward();
      std::vector<torch::Tensor> all{y.detach()};
      for (auto& t : inputs) all.push_back(t.grad());
      return all;
    };
    const auto got = run([](auto&&... t) { return packed_linear(t...); });
    const auto expected = run([](const auto& u, const auto& V, const auto& c) { return torch::linear(u, V, c); });
    for (size_t k = 0; k < got.size(); ++k) {
      EXPECT_LT((got[k] - expected[k]).abs().max().item<double>(), 1e-12) << k;
    }
  }
}

TEST(PackedLinear, ThreadsChangeNoBit) {
  torch::manual_seed(3);
  const auto weight = torch::randn({300, 40});
  const auto run = [&](int threads) {
    at::set_num_threads(threads);
    torch::manual_seed(4);
    auto x = torch::randn({300, 30}).requires_grad_(), W = torch::randn({40, 30}).requires_grad_();
    (packed_linear(x, W) * weight).sum().backward();
    return torch::cat({x.grad(), W.grad()});
  };
  EXPECT_TRUE(run(1).equal(run(3)));
  at::set_num_threads(1);
}

}  // namespace
}  // namespace cairn::ops
