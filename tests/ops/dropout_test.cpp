// Dropout against its definition by single Philox blocks.
#include "cairn/ops/dropout.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/base/random.h"

namespace cairn::ops {
namespace {

/// What a call right after manual_seed(seed) multiplies n numbers by.
torch::Tensor factors(uint64_t seed, int64_t n, double p) {
  torch::manual_seed(seed);
  const auto key = static_cast<uint64_t>(torch::empty({1}, torch::kInt64).random_().item<int64_t>());
  auto m = torch::zeros({n}, torch::kFloat64);
  for (int64_t i = 0; i < n; ++i) {
    const auto counter = static_cast<uint32_t>(i / 64 * 16 + i % 16);
    const auto words = philox({counter, 0, 0, 0}, {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)});
    if (words[i % 64 / 16] >= std::ldexp(p, 32)) m[i] = static_cast<double>(static_cast<float>(1 / (1 - p)));
  }
  return m;
}

TEST(Dropout, IsItsDefinitionForwardAndBackward) {
  constexpr uint64_t kSeed = 5;
  constexpr double kShare = 0.3;
  for (const auto type : {torch::kFloat32, torch::kFloat64, torch::kBFloat16}) {
    for (const int64_t n : {0, 1, 63, 64, 65, 1000}) {
      const auto m = factors(kSeed, n, kShare);
      const auto x = torch::randn({n}, torch::dtype(type)).requires_grad_(), g = torch::randn({n}, torch::dtype(type));
      const auto times_m = [&](const torch::Tensor& t) {  // rounded once
        const auto wide = type == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
        return (t.detach().to(wide) * m.to(wide)).to(type);
      };
      torch::manual_seed(kSeed);
      const auto y = dropout(x, kShare);
      EXPECT_TRUE(torch::equal(y, times_m(x))) << type << " " << n;
      EXPECT_TRUE(torch::equal(torch::autograd::grad({y}, {x}, {g})[0], times_m(g))) << type << " " << n;
    }
  }
}

TEST(Dropout, KeepsTheShareThatItShould) {
  constexpr int64_t kNumbers = 1'000'000;
  torch::manual_seed(6);
  for (const double p : {0.01, 0.3, 0.9}) {
    const double kept = dropout(torch::ones({kNumbers}), p).ne(0).sum().item<double>();
    EXPECT_NEAR(kept / kNumbers, 1 - p, 5 * std::sqrt(p * (1 - p) / kNumbers)) << p;
  }
}

TEST(Dropout, DrawsAnewEachCallAndTheSameForAnyThreads) {
  const auto x = torch::ones({100, 3000});
  const auto with_threads = [&](int threads) {
    at::set_num_threads(threads);
    torch::manual_seed(7);
    return std::pair{dropout(x, 0.5), dropout(x, 0.5)};
  };
  const int before = at::get_num_threads();
  const auto one = with_threads(1), two = with_threads(2);
  at::set_num_threads(before);
  EXPECT_FALSE(torch::equal(one.first, one.second));
  EXPECT_TRUE(torch::equal(one.first, two.first));
  EXPECT_TRUE(torch::equal(one.second, two.second));
}

TEST(Dropout, TakesNumbersInTheOrderOfTheShapeWhateverTheStrides) {
  const auto x = torch::randn({30, 50});
  torch::manual_seed(8);
  const auto plain = dropout(x, 0.5);
  torch::manual_seed(8);
  EXPECT_TRUE(torch::equal(dropout(x.t().contiguous().t(), 0.5), plain));
}

TEST(Dropout, OfNothingGivesTheTensorItselfAndRefusesOtherShares) {
  const auto x = torch::randn({3});
  EXPECT_TRUE(dropout(x, 0).is_same(x));
  for (const double p : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(dropout(x, p), UsageError) << p;
}

}  // namespace
}  // namespace cairn::ops
