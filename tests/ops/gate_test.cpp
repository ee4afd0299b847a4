// The gated activation against its definition.
#include "cairn/ops/gate.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

torch::Tensor random(torch::IntArrayRef shape, uint64_t seed, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(seed);
  return (2 * torch::randn(shape, torch::kFloat64)).to(type);
}

void expect_definition(const torch::Tensor& a_values, const torch::Tensor& b_values, int64_t groups, double tolerance) {
  const auto results = [&](auto&& function) {
    auto a = a_values.detach().requires_grad_();
    auto b = b_values.defined() ? b_values.detach().requires_grad_() : torch::Tensor();
    const auto y = function(a, b, groups);
    auto inputs = std::vector<torch::Tensor>{a};
    if (b.defined()) inputs.push_back(b);
    auto all = torch::autograd::grad({y}, inputs, {random(y.sizes(), 3, y.scalar_type())});
    all.push_back(y.detach());
    return all;
  };
  const auto got = results(gate), expected = results(gate_reference);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes());
    if (got[i].numel() == 0) continue;
    EXPECT_LT((got[i] - expected[i]).abs().max().item<double>(), tolerance) << i;
  }
}

TEST(Gate, EqualsTheDefinition) {
  for (const int64_t P : {1, 3, 16, 17, 64}) {
    for (const bool two : {false, true}) {
      const auto a = random({2, 2 * P, 3, 4}, 1), b = two ? random({2, 2 * P, 3, 4}, 2) : torch::Tensor();
      expect_definition(a, b, 1, 1e-14);
      expect_definition(a.contiguous(torch::MemoryFormat::ChannelsLast), b, 1, 1e-14);
      const auto b_float = two ? b.to(torch::kFloat32) : b;
      expect_definition(a.to(torch::kFloat32), b_float, 1, 2e-6);
    }
  }
}

TEST(Gate, HasAHalfOfEachKindInEveryGroup) {
  expect_definition(random({2, 18, 3, 4}, 1), random({2, 18, 3, 4}, 2), 3, 1e-14);
}

TEST(Gate, TakesViewsAndEmptyBatches) {
  const auto wide = random({2, 6, 5, 7}, 1).contiguous(torch::MemoryFormat::ChannelsLast);
  expect_definition(wide.narrow(2, 0, 4).narrow(3, 1, 5), random({2, 6, 4, 5}, 2), 1, 1e-14);
  expect_definition(random({0, 6, 4, 5}, 2), {}, 1, 1e-14);
}

TEST(Gate, InHalfPrecisionRoundsOnlyAtTheEnd) {
  const auto a = random({2, 34, 3, 4}, 1, torch::kBFloat16), b = random({2, 34, 3, 4}, 2, torch::kBFloat16);
  const auto exact = gate_reference(a.to(torch::kFloat64), b.to(torch::kFloat64));
  const auto y = gate(a, b);
  ASSERT_EQ(y.scalar_type(), torch::kBFloat16);
  EXPECT_LE((y - exact).abs().max().item<double>(), 1.0 / 256 / 2 + 1e-6);  // half a unit in the last place below 1
  const auto input = a.detach().requires_grad_(), same = a.to(torch::kFloat64).requires_grad_();
  const auto gradient = torch::autograd::grad({gate(input, b).sum()}, {input})[0];
  const auto expected = torch::autograd::grad({gate_reference(same, b.to(torch::kFloat64)).sum()}, {same})[0];
  EXPECT_LE((gradient - expected).abs().max().item<double>(), 3.0 / 256);  // of kept halves that were rounded
}

TEST(Gate, GivesChannelsLast) {
  EXPECT_TRUE(gate(random({2, 6, 3, 4}, 1)).is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(Gate, GradientsAreTheDifferencesQuotients) {
  const auto a = random({1, 4, 2, 2}, 1).requires_grad_();
  const auto gradient = torch::autograd::grad({gate(a).sum()}, {a})[0].flatten();
  for (int64_t k = 0; k < 16; ++k) {
    auto up = a.detach().clone(), down = up.clone();
    up.view(-1)[k] += 1e-6;
    down.view(-1)[k] -= 1e-6;
    EXPECT_NEAR((gate(up).sum() - gate(down).sum()).item<double>() / 2e-6, gradient[k].item<double>(), 1e-8);
  }
}

TEST(Gate, RefusesWhatDoesNotFit) {
  EXPECT_THROW(gate(torch::zeros({2, 3, 1, 1})), UsageError);
  EXPECT_THROW(gate(torch::zeros({2, 4})), UsageError);
  EXPECT_THROW(gate(torch::zeros({2, 8, 1, 1}), {}, 3), UsageError);
  EXPECT_THROW(gate(torch::zeros({2, 4, 1, 1}), torch::zeros({2, 4, 1, 2})), UsageError);
  EXPECT_THROW(gate(torch::zeros({2, 4, 1, 1}), torch::zeros({2, 4, 1, 1}, torch::kFloat64)), UsageError);
}

}  // namespace
}  // namespace cairn::ops
