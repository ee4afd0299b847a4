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

/// With the gates and directions that the kernel asks for.
AttentionInput random_input(const AttentionKernel& kernel, int64_t B, int64_t T,
                            torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(1);
  const auto make = [&] { return torch::randn({B, 2, T, 8}, torch::dtype(type)); };
  AttentionInput in{.q = make(), .k = make(), .v = make(), .mask = {.causal = true}};
  const auto needs = kernel.needs();
  if (needs.decay == KernelNeeds::Decay::by_head) in.gates.log_decay = -make().select(3, 0).abs();
  if (needs.decay == KernelNeeds::Decay::by_feature) in.gates.log_decay = -make().abs();
  if (needs.beta) in.gates.beta = make().select(3, 0).sigmoid();
  if (needs.projection) in.projection = ops::performer_projection(12, 8, RandomStream(1, "test"));
  return in;
}

/// What has rows and positions.
template <class Change>
AttentionInput changed(AttentionInput in, const Change& change) {
  for (auto* t : {&in.q, &in.k, &in.v, &in.gates.log_decay, &in.gates.beta}) {
    if (t->defined()) *t = change(*t);
  }
  return in;
}

AttentionInput rows(const AttentionInput& in, int64_t begin, int64_t end) {
  return changed(in, [&](const torch::Tensor& t) { return t.slice(0, begin, end); });
}

AttentionInput positions(const AttentionInput& in, int64_t begin, int64_t end) {
  return changed(in, [&](const torch::Tensor& t) { return t.slice(2, begin, end); });
}

class LinearKernels : public testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<const AttentionKernel> kernel = attention_kernel(GetParam());
  bool bidirectional() const { return kernel->bidirectional(); }
};

INSTANTIATE_TEST_SUITE_P(All, LinearKernels, testing::ValuesIn(linear_names()),
                         [](const auto& test) { return test.param; });

TEST_P(LinearKernels, OnePositionAfterTheOtherIsTheWhole) {
  const auto in = random_input(*kernel, 3, 70);
  const auto whole = kernel->attend(in);
  const auto state = kernel->start();
  for (int64_t t = 0; t < 70; ++t) {
    const auto o = kernel->step(positions(in, t, t + 1), *state);
    EXPECT_TRUE(torch::allclose(o, whole.slice(2, t, t + 1), 1e-10, 1e-10)) << t;
  }
}

TEST_P(LinearKernels, PiecesOfAnyLengthAreTheWholeAndTheirStateDoesNotGrow) {
  const auto in = random_input(*kernel, 3, 150);
  const auto whole = kernel->attend(in);
  const auto state = kernel->start();
  EXPECT_EQ(state->bytes(), 0);
  int64_t bytes = 0, begin = 0;
  for (const int64_t piece : {1, 64, 7, 1, 77}) {
    const auto o = kernel->step(positions(in, begin, begin + piece), *state);
    EXPECT_TRUE(torch::allclose(o, whole.slice(2, begin, begin + piece), 1e-10, 1e-10)) << begin;
    if (begin == 0) bytes = state->bytes();
    EXPECT_EQ(state->bytes(), bytes);
    begin += piece;
  }
  EXPECT_GT(bytes, 0);
}

TEST_P(LinearKernels, StatesFollowTheirRows) {
  const auto in = random_input(*kernel, 3, 6);
  const auto order = torch::tensor({2, 0, 2});
  const auto state = kernel->start();
  for (int64_t t = 0; t < 3; ++t) kernel->step(positions(in, t, t + 1), *state);
  state->select(order);
  const auto taken = changed(in, [&](const torch::Tensor& t) { return t.index_select(0, order); });
  const auto whole = kernel->attend(taken);
  for (int64_t t = 3; t < 6; ++t) {
    EXPECT_TRUE(
        torch::allclose(kernel->step(positions(taken, t, t + 1), *state), whole.slice(2, t, t + 1), 1e-10, 1e-10));
  }
}

TEST_P(LinearKernels, RowsHaveTheSameBitsAloneAndTogether) {
  auto in = random_input(*kernel, 5, 33, torch::kFloat32);
  in.exact = true;
  in.mask.causal = true;
  const torch::NoGradGuard no_grad;
  const auto together = kernel->attend(in);
  for (int64_t b = 0; b < 5; ++b) EXPECT_TRUE(torch::equal(kernel->attend(rows(in, b, b + 1))[0], together[b])) << b;
}

TEST_P(LinearKernels, PaddingIsNotSeen) {
  if (!bidirectional()) GTEST_SKIP() << "causal alone";
  auto in = random_input(*kernel, 2, 9);
  in.mask = {.key_lengths = torch::tensor({4, 9})};
  const auto padded = kernel->attend(in);
  auto alone = rows(positions(in, 0, 4), 0, 1);
  alone.mask = {};
  EXPECT_TRUE(torch::allclose(kernel->attend(alone)[0], padded[0].slice(1, 0, 4), 1e-10, 1e-10));
}

TEST_P(LinearKernels, RefuseDropoutOfWeightsAndWhatTheyHaveNot) {
  auto in = random_input(*kernel, 1, 4);
  in.dropout = 0.1;
  EXPECT_THROW(kernel->attend(in), UsageError);
  in.dropout = 0;
  in.mask.causal = false;
  if (!bidirectional()) {
    EXPECT_THROW(kernel->attend(in), UsageError);
  }
}

TEST(LinearAttention, FormsThatAKernelHasNotAreRefusedAtOnce) {
  const RandomStream random(1, "test");
  const auto make = [&](const char* kernel, bool causal) {
    MultiHeadAttention(MultiHeadAttentionOptions{.width = 4, .heads = 2, .kernel = kernel, .causal = causal}, random);
  };
  EXPECT_THROW(make("retention", false), UsageError);
  EXPECT_THROW(make("delta", false), UsageError);
  EXPECT_THROW(make("gla", false), UsageError);
  EXPECT_NO_THROW(make("efficient", false));
  EXPECT_NO_THROW(make("efficient", true));
  EXPECT_NO_THROW(make("retention", true));
}

TEST(LinearAttention, WeightsOfOnesGiveOnes) {
  for (const char* name : {"elu", "taylor", "performer"}) {
    const auto kernel = attention_kernel(name);
    auto in = random_input(*kernel, 2, 12);
    in.v = torch::ones_like(in.v);
    EXPECT_TRUE(torch::allclose(kernel->attend(in), in.v, 1e-12, 1e-12)) << name;
  }
}

TEST(LinearAttention, PositionsBeyondCosformersLongestAreRefused) {
  const auto kernel = attention_kernel("cosformer", {.longest = 8});
  EXPECT_NO_THROW(kernel->attend(random_input(*kernel, 1, 8)));
  EXPECT_THROW(kernel->attend(random_input(*kernel, 1, 9)), UsageError);
}

}  // namespace
}  // namespace cairn::nn
