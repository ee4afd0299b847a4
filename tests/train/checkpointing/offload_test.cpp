// Saved tensors kept on another device come back for the backward.
#include <gtest/gtest.h>

#include <torch/cuda.h>
#include <torch/nn/modules/linear.h>

#include "cairn/train/checkpointing.h"

namespace cairn::checkpointing {
namespace {

/// The gradient of a small loss with respect to its input, while `pack` gets what autograd saves; null: nothing does.
torch::Tensor gradient(torch::nn::Linear& layer, const torch::Tensor& input, const Pack& pack) {
  auto x = input.clone().requires_grad_();
  torch::Tensor loss;
  {
    std::optional<SavedTensorHooks> hooks;
    if (pack) hooks.emplace(pack);
    loss = torch::tanh(layer(torch::sigmoid(x))).square().sum();
  }
  loss.backward();
  return x.grad();
}

void expect_same_gradient(torch::Device device) {
  torch::manual_seed(3);
  torch::nn::Linear layer(5, 4);
  layer->to(device);
  const auto x = torch::randn({7, 5}, device);
  EXPECT_TRUE(torch::equal(gradient(layer, x, offload_to(torch::kCPU)), gradient(layer, x, nullptr)));
}

TEST(Offload, WhatLiesOnTheHostAlreadyStays) {
  expect_same_gradient(torch::kCPU);
}

TEST(Offload, FromTheAcceleratorAndBack) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "there is no CUDA device";
  expect_same_gradient(torch::kCUDA);
}

TEST(Offload, PackGivesTheTensorBackWhereItWas) {
  const auto x = torch::arange(6, torch::kFloat32).reshape({2, 3});
  const auto back = offload_to(torch::kCPU)(x)();
  EXPECT_EQ(back.device(), x.device());
  EXPECT_TRUE(torch::equal(back, x));
}

}  // namespace
}  // namespace cairn::checkpointing
