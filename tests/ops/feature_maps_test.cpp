// Feature maps against LibTorch's operators, their gradients, and at the edges of a type's range.
#include "cairn/ops/feature_maps.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <limits>

namespace cairn::ops {
namespace {

torch::Tensor by_library(const torch::Tensor& x, FeatureMap map) {
  if (map == FeatureMap::elu) return torch::elu(x) + 1;
  return map == FeatureMap::relu ? torch::relu(x) : torch::relu(x).square();
}

TEST(FeatureMaps, EqualLibTorchsWithTheirGradients) {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    for (const auto map : {FeatureMap::elu, FeatureMap::relu, FeatureMap::squared_relu}) {
      const auto x = (torch::randn({3, 37, 5}, type) * 3).transpose(0, 1).requires_grad_();
      const auto weight = torch::randn_like(x);
      const auto got = feature_map(x, map), expected = by_library(x, map);
      const double bound = type == torch::kFloat32 ? 1e-5 : 1e-13;
      EXPECT_TRUE(torch::allclose(got, expected, bound, bound));
      const auto d_got = torch::autograd::grad({(got * weight).sum()}, {x})[0];
      const auto d_expected = torch::autograd::grad({(expected * weight).sum()}, {x})[0];
      EXPECT_TRUE(torch::allclose(d_got, d_expected, bound, bound));
    }
  }
}

TEST(FeatureMaps, KeepTheirSenseAtTheEdges) {
  const auto x = torch::tensor({-1e4f, -30.0f, 0.0f, 1e4f, std::numeric_limits<float>::quiet_NaN()});
  const auto phi = feature_map(x, FeatureMap::elu);
  EXPECT_GE(phi[0].item<float>(), 0);
  EXPECT_NEAR(phi[1].item<float>() / std::exp(-30.0), 1, 1e-5);  // where elu(x) + 1 is 0
  EXPECT_EQ(phi[2].item<float>(), 1);
  EXPECT_EQ(phi[3].item<float>(), 10001);
  for (const auto map : {FeatureMap::elu, FeatureMap::relu, FeatureMap::squared_relu}) {
    EXPECT_TRUE(std::isnan(feature_map(x, map)[4].item<float>()));
  }
}

}  // namespace
}  // namespace cairn::ops
