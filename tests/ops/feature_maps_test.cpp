// Feature maps against LibTorch's operators, their gradients, and at the edges of a type's range.
#include "cairn/ops/feature_maps.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <limits>

namespace cairn::ops {
namespace {

constexpr FeatureMap kMaps[] = {FeatureMap::elu, FeatureMap::relu,    FeatureMap::squared_relu,
                                FeatureMap::exp, FeatureMap::sigmoid, FeatureMap::softplus};

torch::Tensor by_library(const torch::Tensor& x, FeatureMap map) {
  switch (map) {
    case FeatureMap::elu:
      return torch::elu(x) + 1;
    case FeatureMap::relu:
      return torch::relu(x);
    case FeatureMap::squared_relu:
      return torch::relu(x).square();
    case FeatureMap::exp:
      return x.exp();
    case FeatureMap::sigmoid:
      return x.sigmoid();
    default:
      return torch::log1p(x.exp());
  }
}

TEST(FeatureMaps, EqualLibTorchsWithTheirGradients) {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    for (const auto map : kMaps) {
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
  for (const auto map : kMaps) {
    EXPECT_TRUE(std::isnan(feature_map(x, map)[4].item<float>()));
  }
  const auto soft = feature_map(x, FeatureMap::softplus);
  EXPECT_NEAR(soft[1].item<float>() / std::exp(-30.0), 1, 1e-5);
  EXPECT_EQ(soft[3].item<float>(), 1e4f);
}

TEST(FeatureMaps, ANumberHasTheSameBitsWhereverItStands) {
  torch::manual_seed(2);
  const auto x = torch::randn({37}) * 3;
  for (const auto map : kMaps) {
    const auto together = feature_map(x, map);
    for (int64_t k = 0; k < 37; ++k) EXPECT_TRUE(feature_map(x.narrow(0, k, 1), map).equal(together.narrow(0, k, 1)));
  }
}

}  // namespace
}  // namespace cairn::ops
