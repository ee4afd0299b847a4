// Linear attention as a kernel of attention: whole sequences against one position after the other, padding, neighbours.
#include "cairn/nn/linear_attention.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/nn/multi_head_attention.h"

namespace cairn::nn {
namespace {

std::vector<std::string> linear_names() {
  std::vector<std::string> names;
  for (const auto& name : attention_kernel_names()) {
    if (name != "softmax") names.push_back(name);
  }
  return names;
}

AttentionInput random_input(int64_t B, int64_t T, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(1);
  const auto make = [&] { return torch::randn({B, 2, T, 8}, torch::dtype(type)); };
  return {.q = make(), .k = make(), .v = make(), .mask = {.causal = true}};
}

AttentionInput rows(const AttentionInput& in, int64_t begin, int64_t end) {
  auto out = in;
  for (auto* t : {&out.q, &out.k, &out.v}) *t = t->slice(0, begin, end);
  return out;
}

AttentionInput positions(const AttentionInput& in, int64_t begin, int64_t end) {
  auto out = in;
  for (auto* t : {&out.q, &out.k, &out.v}) *t = t->slice(2, begin, end);
  return out;
}

class LinearKernels : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const AttentionKernel> kernel = attention_kernel(GetParam());
  bool causal() const { return kernel->causal(); }
  bool bidirectional() const { return kernel->bidirectional(); }
};

INSTANTIATE_TEST_SUITE_P(All, LinearKernels, testing::ValuesIn(linear_names()),
                         [](const auto& info) { return info.param; });

TEST_P(LinearKernels, OnePositionAfterTheOtherIsTheWhole) {
  if (!causal()) GTEST_SKIP() << "bidirectional alone";
  const auto in = random_input(3, 70);
  const auto whole = kernel->attend(in);
  const auto state = kernel->start();
  for (int64_t t = 0; t < 70; ++t) {
    const auto o = kernel->step(positions(in, t, t + 1), *state);
    EXPECT_TRUE(torch::allclose(o, whole.slice(2, t, t + 1), 1e-10, 1e-10)) << t;
  }
}

TEST_P(LinearKernels, StatesFollowTheirRows) {
  if (!causal()) GTEST_SKIP() << "bidirectional alone";
  const auto in = random_input(3, 6);
  const auto order = torch::tensor({2, 0, 2});
  const auto state = kernel->start();
  for (int64_t t = 0; t < 3; ++t) kernel->step(positions(in, t, t + 1), *state);
  state->select(order);
  auto taken = in;
  for (auto* tensor : {&taken.q, &taken.k, &taken.v}) *tensor = tensor->index_select(0, order);
  const auto whole = kernel->attend(taken);
  for (int64_t t = 3; t < 6; ++t) {
    EXPECT_TRUE(
        torch::allclose(kernel->step(positions(taken, t, t + 1), *state), whole.slice(2, t, t + 1), 1e-10, 1e-10));
  }
}

TEST_P(LinearKernels, RowsHaveTheSameBitsAloneAndTogether) {
  auto in = random_input(5, 33, torch::kFloat32);
  in.exact = true;
  in.mask.causal = causal();
  const torch::NoGradGuard no_grad;
  const auto together = kernel->attend(in);
  for (int64_t b = 0; b < 5; ++b) EXPECT_TRUE(torch::equal(kernel->attend(rows(in, b, b + 1))[0], together[b])) << b;
}

TEST_P(LinearKernels, PaddingIsNotSeen) {
  if (!bidirectional()) GTEST_SKIP() << "causal alone";
  auto in = random_input(2, 9);
  in.mask = {.key_lengths = torch::tensor({4, 9})};
  const auto padded = kernel->attend(in);
  auto alone = rows(positions(in, 0, 4), 0, 1);
  alone.mask = {};
  EXPECT_TRUE(torch::allclose(kernel->attend(alone)[0], padded[0].slice(1, 0, 4), 1e-10, 1e-10));
}

TEST_P(LinearKernels, RefuseDropoutOfWeightsAndWhatTheyHaveNot) {
  auto in = random_input(1, 4);
  in.dropout = 0.1;
  EXPECT_THROW(kernel->attend(in), UsageError);
  in.dropout = 0;
  in.mask.causal = true;
  if (!causal()) EXPECT_THROW(kernel->attend(in), UsageError);
  in.mask.causal = false;
  if (!bidirectional()) EXPECT_THROW(kernel->attend(in), UsageError);
}

TEST(LinearAttention, FormsThatAKernelHasNotAreRefusedAtOnce) {
  const RandomStream random(1, "test");
  const auto make = [&](const char* kernel, bool causal) {
    MultiHeadAttention(MultiHeadAttentionOptions{.width = 4, .heads = 2, .kernel = kernel, .causal = causal}, random);
  };
  EXPECT_THROW(make("efficient", true), UsageError);
  EXPECT_THROW(make("retention", false), UsageError);
  EXPECT_THROW(make("delta", false), UsageError);
  EXPECT_NO_THROW(make("efficient", false));
  EXPECT_NO_THROW(make("retention", true));
}

TEST(LinearAttention, WeightsOfOnesGiveOnes) {
  for (const char* name : {"elu", "taylor"}) {
    auto in = random_input(2, 12);
    in.v = torch::ones_like(in.v);
    EXPECT_TRUE(torch::allclose(attention_kernel(name)->attend(in), in.v, 1e-12, 1e-12)) << name;
  }
}

}  // namespace
}  // namespace cairn::nn
