// The staircase-masked linear layer against the dense one.
#include "cairn/ops/masked_linear.h"

#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional.h>

#include "cairn/base/error.h"
#include "tests/ops/bf16_autocast.h"

namespace cairn::ops {
namespace {

struct Layer {
  StaircaseMask mask;
  torch::Tensor x, W, b;
};

StaircaseMask random_stairs(int64_t outputs, int64_t inputs, uint64_t seed) {
  torch::manual_seed(seed);
  const auto reach = std::get<0>(torch::randint(0, inputs + 1, {outputs}, torch::kInt64).sort());
  return {std::vector<int64_t>(reach.data_ptr<int64_t>(), reach.data_ptr<int64_t>() + outputs), inputs};
}

Layer make_layer(int64_t B, StaircaseMask mask, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(3);
  const auto options = torch::dtype(type);
  Layer layer{std::move(mask), {}, {}, {}};
  layer.x = torch::randn({B, layer.mask.inputs}, options);
  layer.W = torch::randn({layer.mask.outputs(), layer.mask.inputs}, options);
  layer.b = torch::randn({layer.mask.outputs()}, options);
  layer.mask.apply_(layer.W);
  return layer;
}

/// y and the gradients of x, W and b for a fixed weighting of y.
std::vector<torch::Tensor> run(const Layer& layer, bool dense) {
  auto x = layer.x.clone().requires_grad_(), W = layer.W.clone().requires_grad_(), b = layer.b.clone().requires_grad_();
  const auto y = dense ? torch::nn::functional::linear(x, W * layer.mask.dense(W.options()), b)
                       : masked_linear(x, W, b, layer.mask);
  torch::manual_seed(5);
  auto results = torch::autograd::grad({y}, {x, W, b}, {torch::randn(y.sizes(), y.options())});
  results.insert(results.begin(), y.detach());
  return results;
}

void expect_same_as_dense(const Layer& layer) {
  const auto got = run(layer, false), expected = run(layer, true);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes());
    EXPECT_TRUE(torch::allclose(got[i], expected[i], 0, 1e-10)) << i;
  }
  EXPECT_TRUE((got[2] * (1 - layer.mask.dense(got[2].options()))).eq(0).all().item<bool>());
}

TEST(MaskedLinear, EqualsDense) {
  for (const int64_t outputs : {1, 5, 32, 33, 400, 1000}) {
    for (const int64_t inputs : {1, 7, 500}) {
      SCOPED_TRACE(outputs * 1000 + inputs);
      expect_same_as_dense(make_layer(6, random_stairs(outputs, inputs, 1)));
    }
  }
}

TEST(MaskedLinear, EqualsDenseAtTheEdges) {
  expect_same_as_dense(make_layer(3, {std::vector<int64_t>(70, 0), 9}));  // nothing is seen
  expect_same_as_dense(make_layer(3, {std::vector<int64_t>(70, 9), 9}));  // everything is seen
  auto steps = std::vector<int64_t>(40, 0);
  steps.resize(80, 9);
  expect_same_as_dense(make_layer(3, {steps, 9}));
  expect_same_as_dense(make_layer(1, random_stairs(100, 50, 2)));
  expect_same_as_dense(make_layer(0, random_stairs(100, 50, 2)));
}

TEST(MaskedLinear, FlippingAnInputChangesNoOutputThatDoesNotSeeIt) {
  auto layer = make_layer(4, random_stairs(300, 90, 4), torch::kFloat32);
  const auto y = masked_linear(layer.x, layer.W, layer.b, layer.mask);
  for (int64_t i = 0; i < 90; ++i) {
    auto x = layer.x.clone();
    x.select(1, i) += 1;
    const auto changed = masked_linear(x, layer.W, layer.b, layer.mask).ne(y).any(0);
    for (int64_t j = 0; j < 300; ++j) {
      if (layer.mask.reach[j] <= i) {
        EXPECT_FALSE(changed[j].item<bool>()) << i << " " << j;
      }
    }
    EXPECT_EQ(changed.any().item<bool>(), layer.mask.reach.back() > i);
  }
}

TEST(MaskedLinear, FollowsAutocast) {
  const auto layer = make_layer(8, random_stairs(200, 100, 6), torch::kFloat32);
  const auto expected = run(layer, true);
  const auto got = [&] {
    const Bf16Autocast autocast;
    return run(layer, false);
  }();
  EXPECT_EQ(got[0].scalar_type(), torch::kBFloat16);
  EXPECT_EQ(got[2].scalar_type(), torch::kFloat32);
  EXPECT_TRUE(got[0].to(torch::kFloat32).allclose(expected[0], 0.02, 0.3));
  EXPECT_FALSE(got[0].to(torch::kFloat32).equal(expected[0]));
}

TEST(StaircaseMask, DenseAndApply) {
  const StaircaseMask mask{{0, 1, 3}, 3};
  const auto expected = torch::tensor({{0, 0, 0}, {1, 0, 0}, {1, 1, 1}}, torch::kFloat32);
  EXPECT_TRUE(torch::equal(mask.dense(torch::kFloat32), expected));
  auto W = torch::full({3, 3}, NAN).requires_grad_();
  mask.apply_(W);
  EXPECT_TRUE(torch::equal(W.isnan(), expected.to(torch::kBool)));
  auto strided = torch::full({3, 3}, NAN).t();
  mask.apply_(strided);
  EXPECT_TRUE(torch::equal(strided.isnan(), expected.to(torch::kBool)));
}

TEST(MaskedLinear, RefusesWrongInput) {
  const auto layer = make_layer(2, random_stairs(6, 4, 1));
  EXPECT_THROW(masked_linear(layer.x.t(), layer.W, layer.b, layer.mask), UsageError);
  EXPECT_THROW(masked_linear(layer.x, layer.W.t(), layer.b, layer.mask), UsageError);
  EXPECT_THROW(masked_linear(layer.x, layer.W, layer.b.slice(0, 1), layer.mask), UsageError);
  EXPECT_THROW(masked_linear(layer.x, layer.W, layer.b, {{4, 3, 2, 2, 1, 0}, 4}), UsageError);
  EXPECT_THROW(masked_linear(layer.x, layer.W, layer.b, {{0, 1, 2, 3, 4, 5}, 4}), UsageError);
}

}  // namespace
}  // namespace cairn::ops
