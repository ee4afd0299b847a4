// Attention, positions and layers: against definitions, what may be seen, one position after the other.
#include "cairn/nn/transformer_layer.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional.h>
#include <torch/types.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/nn/positions.h"
#include "cairn/nn/softmax_attention.h"
#include "cairn/nn/state_dict.h"
#include "tests/ops/bf16_autocast.h"

namespace cairn::nn {
namespace {

const RandomStream kRandom(7, "test");

double distance(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(SoftmaxAttention, WithAndWithoutGradientIsTheReference) {
  torch::manual_seed(1);
  const auto o = torch::dtype(torch::kFloat64);
  AttentionInput in{
      .q = torch::randn({2, 3, 5, 8}, o), .k = torch::randn({2, 3, 5, 8}, o), .v = torch::randn({2, 3, 5, 8}, o)};
  for (const bool causal : {false, true}) {
    for (const auto& lengths : {torch::Tensor(), torch::tensor({2, 5})}) {
      in.mask = {.key_lengths = lengths, .causal = causal};
      const auto expected = softmax_attention_reference(in);
      EXPECT_LT(distance(SoftmaxAttention().attend(in), expected), 1e-12);
      in.exact = true;
      EXPECT_LT(distance(SoftmaxAttention().attend(in), expected), 1e-12);
      in.exact = false;
    }
  }
}

TEST(MultiHeadAttention, WeightsAreWhatItWeighsTheMemoryWith) {
  const MultiHeadAttention attention(MultiHeadAttentionOptions{.width = 8, .heads = 2, .bias = false}, kRandom);
  torch::manual_seed(3);
  const auto x = torch::randn({2, 3, 8}), memory = torch::randn({2, 4, 8});
  const AttentionMask mask{.key_lengths = torch::tensor({4, 2})};
  const auto seen = attention->keys_values(memory);
  const auto weights = attention->weights(x, seen, mask);
  const auto heads = torch::matmul(weights, seen.v).transpose(1, 2).flatten(2);
  const auto out = attention->named_parameters()["out_proj.weight"];
  EXPECT_LT(distance(torch::linear(heads, out), attention->forward(x, memory, mask)), 1e-6);
  EXPECT_EQ(weights[1].slice(2, 2).abs().max().item<float>(), 0);
  const MultiHeadAttention linear(MultiHeadAttentionOptions{.width = 8, .heads = 2, .kernel = "elu"}, kRandom);
  EXPECT_THROW(linear->weights(x, seen, mask), UsageError);
}

TEST(SoftmaxAttention, GradientsAreThoseOfTheReference) {
  torch::manual_seed(2);
  const auto o = torch::dtype(torch::kFloat64);
  const auto make = [&] { return torch::randn({2, 2, 4, 6}, o).requires_grad_(); };
  const AttentionInput in{.q = make(), .k = make(), .v = make(), .mask = {.key_lengths = torch::tensor({2, 4})}};
  const auto weight = torch::randn({2, 2, 4, 6}, o);
  const auto gradients = [&](const torch::Tensor& out) {
    return torch::autograd::grad({(out * weight).sum()}, {in.q, in.k, in.v});
  };
  const auto got = gradients(SoftmaxAttention().attend(in)), expected = gradients(softmax_attention_reference(in));
  for (size_t k = 0; k < 3; ++k) EXPECT_LT(distance(got[k], expected[k]), 1e-12) << k;
}

TEST(SoftmaxAttention, OfShortSentencesIsInSinglePrecisionUnderAutocast) {
  torch::manual_seed(4);
  const auto o = torch::dtype(torch::kBFloat16);
  AttentionInput in{
      .q = torch::randn({2, 3, 5, 8}, o), .k = torch::randn({2, 3, 5, 8}, o), .v = torch::randn({2, 3, 5, 8}, o)};
  const auto half = [&] {
    const ops::Bf16Autocast autocast;
    return SoftmaxAttention().attend(in);
  }();
  for (auto* t : {&in.q, &in.k, &in.v}) *t = t->to(torch::kFloat32);
  EXPECT_TRUE(torch::equal(half, SoftmaxAttention().attend(in).to(torch::kBFloat16)));
}

TEST(AttentionKernels, AreChosenByName) {
  EXPECT_NO_THROW(attention_kernel("softmax"));
  EXPECT_THROW(attention_kernel("sofmax"), UsageError);
}

TEST(Positions, SinusoidsAreThePapers) {
  const auto table = sinusoids(5, 6, Sinusoid::paper);
  for (int64_t p = 0; p < 5; ++p) {
    for (int64_t i = 0; i < 3; ++i) {
      const double angle = static_cast<double>(p) / std::pow(10000, 2 * static_cast<double>(i) / 6);
      EXPECT_NEAR(table[p][2 * i].item<double>(), std::sin(angle), 1e-6);
      EXPECT_NEAR(table[p][2 * i + 1].item<double>(), std::cos(angle), 1e-6);
      EXPECT_NEAR(sinusoids(5, 6, Sinusoid::halves)[p][i + 3].item<double>(), std::cos(angle), 1e-6);
    }
  }
  EXPECT_TRUE(sinusoids(3, 6, Sinusoid::fairseq, 2).equal(sinusoids(5, 6, Sinusoid::fairseq).slice(0, 2)));
  EXPECT_THROW(sinusoids(3, 5, Sinusoid::paper), UsageError);
}

TEST(Positions, RotationsKeepLengthsAndTellDistancesAlone) {
  torch::manual_seed(3);
  const auto q = torch::randn({8}, torch::kFloat64), k = torch::randn({8}, torch::kFloat64);
  const auto turned = [](const torch::Tensor& x, int64_t position) { return rotate(x.unsqueeze(0), position, 100)[0]; };
  EXPECT_NEAR(turned(q, 9).norm().item<double>(), q.norm().item<double>(), 1e-12);
  const double apart = turned(q, 5).dot(turned(k, 2)).item<double>();
  EXPECT_NEAR(apart, turned(q, 11).dot(turned(k, 8)).item<double>(), 1e-12);
  EXPECT_GT(std::abs(apart - turned(q, 5).dot(turned(k, 3)).item<double>()), 1e-3);
}

TransformerLayerOptions small(bool memory, bool causal) {
  return {.width = 12, .heads = 3, .feed_forward = 20, .memory = memory, .causal = causal};
}

std::vector<TransformerLayerOptions> variants(bool memory, bool causal) {
  std::vector<TransformerLayerOptions> list;
  for (const auto activation :
       {Activation::relu, Activation::gelu, Activation::gelu_tanh, Activation::swiglu, Activation::silu}) {
    auto options = small(memory, causal);
    options.activation = activation;
    options.norm_first = activation != Activation::relu;
    if (activation == Activation::swiglu) {
      options.norm = NormKind::rms;
      options.bias = false;
      options.rotary_base = 10000;
    }
    list.push_back(options);
  }
  return list;
}

TEST(TransformerLayer, IsTheDefinition) {
  TransformerLayer layer(small(false, false), kRandom);
  layer->to(torch::kFloat64);
  torch::manual_seed(4);
  for (auto& p : layer->parameters()) p.data().normal_();
  auto w = state_dict(*layer);
  const auto linear = [&](const std::string& name, const torch::Tensor& x) {
    return torch::linear(x, w.at(name + ".weight"), w.at(name + ".bias"));
  };
  const auto norm = [&](const std::string& name, const torch::Tensor& x) {
    const auto hat = (x - x.mean(-1, true)) / (x.var(-1, false, true) + 1e-5).sqrt();
    return hat * w.at(name + ".weight") + w.at(name + ".bias");
  };
  const auto x = torch::randn({2, 5, 12}, torch::kFloat64);
  const auto heads = [](const torch::Tensor& t) { return t.view({2, 5, 3, 4}).transpose(1, 2); };
  const auto attended = softmax_attention_reference({.q = heads(linear("self_attn.q_proj", x)),
                                                     .k = heads(linear("self_attn.k_proj", x)),
                                                     .v = heads(linear("self_attn.v_proj", x))});
  const auto y =
      norm("self_attn_layer_norm", x + linear("self_attn.out_proj", attended.transpose(1, 2).reshape({2, 5, 12})));
  const auto expected = norm("final_layer_norm", y + linear("fc2", torch::relu(linear("fc1", y))));
  EXPECT_LT(distance(layer->forward(x, {}), expected), 1e-10);
}

TEST(TransformerLayer, GradientsAgreeWithDifferences) {
  for (const auto& options : variants(true, true)) {
    TransformerLayer layer(options, kRandom);
    layer->to(torch::kFloat64);
    torch::manual_seed(5);
    auto x = torch::randn({1, 3, 12}, torch::kFloat64).requires_grad_();
    const auto states = torch::randn({1, 4, 12}, torch::kFloat64), weight = torch::randn({1, 3, 12}, torch::kFloat64);
    const auto objective = [&] { return (layer->forward(x, {}, {states, {}}) * weight).sum(); };
    objective().backward();
    auto tensors = layer->parameters();
    tensors.push_back(x);
    for (auto& t : tensors) {
      const auto flat = t.data().view({-1});
      const int64_t k = flat.numel() / 2;
      const double kept = flat[k].item<double>(), step = 1e-5;
      const auto at = [&](double value) {
        flat[k] = value;
        return objective().item<double>();
      };
      const double slope = (at(kept + step) - at(kept - step)) / (2 * step);
      flat[k] = kept;
      EXPECT_NEAR(slope, t.grad().view({-1})[k].item<double>(), 1e-6 * std::max(1.0, std::abs(slope)));
    }
  }
}

TEST(TransformerLayer, CausalPositionsDoNotSeeWhatFollows) {
  const torch::NoGradGuard no_grad;
  for (const auto& options : variants(false, true)) {
    TransformerLayer layer(options, kRandom);
    layer->eval();
    const PackedForUse packed(*layer);
    torch::manual_seed(6);
    auto x = torch::randn({2, 7, 12});
    const auto before = layer->forward(x, {});
    x.slice(1, 4).normal_();
    EXPECT_TRUE(before.slice(1, 0, 4).equal(layer->forward(x, {}).slice(1, 0, 4)));
    EXPECT_FALSE(before.equal(layer->forward(x, {})));
  }
}

TEST(TransformerLayer, PaddingAndCompanyChangeNoBit) {
  const torch::NoGradGuard no_grad;
  for (const auto& options : variants(true, false)) {
    TransformerLayer layer(options, kRandom);
    layer->eval();
    const PackedForUse packed(*layer);
    torch::manual_seed(7);
    const auto x = torch::randn({3, 6, 12}), memory = torch::randn({3, 5, 12});
    const auto lengths = torch::tensor({6, 2, 4}), memory_lengths = torch::tensor({1, 5, 3});
    const auto whole = layer->forward(x, lengths, {memory, memory_lengths});
    for (int64_t b = 0; b < 3; ++b) {
      const int64_t n = lengths[b].item<int64_t>(), m = memory_lengths[b].item<int64_t>();
      const auto alone =
          layer->forward(x.slice(0, b, b + 1).slice(1, 0, n), {}, {memory.slice(0, b, b + 1).slice(1, 0, m), {}});
      EXPECT_TRUE(whole[b].slice(0, 0, n).equal(alone[0])) << b;
    }
  }
}

TEST(TransformerLayer, StepByStepIsTheWhole) {
  const torch::NoGradGuard no_grad;
  for (const auto& options : variants(true, true)) {
    TransformerLayer layer(options, kRandom);
    layer->eval();
    const PackedForUse packed(*layer);
    torch::manual_seed(8);
    const auto x = torch::randn({2, 6, 12});
    const Memory memory{torch::randn({2, 5, 12}), torch::tensor({3, 5})};
    const auto whole = layer->forward(x, {}, memory);
    auto state = layer->start(memory);
    for (int64_t t = 0; t < 6; ++t) {
      EXPECT_TRUE(whole.slice(1, t, t + 1).equal(layer->step(x.slice(1, t, t + 1), state, t, {}))) << t;
    }
  }
}

TEST(Linear, PackedIsCloseAndSeesNewWeightsOnceUnpacked) {
  const torch::NoGradGuard no_grad;
  Linear linear(LinearOptions{.in = 30, .out = 40}, kRandom);
  const auto x = torch::randn({4, 30}), before = linear->forward(x);
  {
    const PackedForUse packed(*linear);
    EXPECT_LT(distance(linear->forward(x), before), 1e-5);
    linear->parameters()[0].mul_(2);
    EXPECT_LT(distance(linear->forward(x), before), 1e-5);
  }
  EXPECT_GT(distance(linear->forward(x), before), 1e-2);
}

TEST(TransformerLayer, RefusesWhatDoesNotFit) {
  auto options = small(false, false);
  options.heads = 5;
  EXPECT_THROW(TransformerLayer(options, kRandom), UsageError);
  EXPECT_THROW(activation_named("gleu"), UsageError);
}

}  // namespace
}  // namespace cairn::nn
