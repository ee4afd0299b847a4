// Attention row by row against the definition, and the same bits in any company.
#include "cairn/ops/attention_rows.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <limits>

#include <ATen/Parallel.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

struct Input {
  torch::Tensor q, k, v;
};

/// [B, H, n, d] each, as heads of [B, n, H d]: strided, as projections give them.
Input make_input(int64_t B, int64_t T, int64_t S, int64_t d, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(3);
  const auto heads = [&](int64_t n) { return torch::randn({B, n, 3, d}, torch::dtype(type)).transpose(1, 2); };
  return {heads(T), heads(S), heads(S)};
}

torch::Tensor by_definition(const Input& in, const torch::Tensor& seen) {
  auto scores = torch::matmul(in.q, in.k.transpose(2, 3)) / std::sqrt(static_cast<double>(in.q.size(3)));
  if (seen.defined()) scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
  return torch::matmul(torch::softmax(scores, 3), in.v);
}

void expect_near(const torch::Tensor& got, const torch::Tensor& expected, double tolerance) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  EXPECT_LT((got - expected).abs().max().item<double>(), tolerance);
}

TEST(AttentionRows, IsTheDefinition) {
  for (const int64_t d : {1, 5, 8, 33}) {
    const auto in = make_input(2, 4, 7, d);
    expect_near(attention_rows(in.q, in.k, in.v), by_definition(in, {}), 1e-12);
    const auto causal = torch::ones({4, 7}, torch::kBool).tril(3);
    expect_near(attention_rows(in.q, in.k, in.v, {.causal = true}), by_definition(in, causal), 1e-12);
    const auto lengths = torch::tensor({3, 7});
    const auto seen = (torch::arange(7).unsqueeze(0) < lengths.unsqueeze(1)).view({2, 1, 1, 7});
    expect_near(attention_rows(in.q, in.k, in.v, {.key_lengths = lengths}), by_definition(in, seen), 1e-12);
  }
}

TEST(AttentionRows, FloatIsClose) {
  auto in = make_input(2, 9, 70, 32);
  in.q = in.q * 4;
  const auto expected = by_definition(in, {});
  const auto got = attention_rows(in.q.to(torch::kFloat32), in.k.to(torch::kFloat32), in.v.to(torch::kFloat32));
  expect_near(got.to(torch::kFloat64), expected, 2e-5);
}

TEST(AttentionRows, RowsSeeTheMemoryTheyAreGiven) {
  const auto in = make_input(3, 2, 5, 8);
  const auto memory = torch::tensor({2, 2, 0}), lengths = torch::tensor({1, 2, 4});
  const auto got = attention_rows(in.q, in.k, in.v, {.key_lengths = lengths, .memory = memory});
  const auto expected = attention_rows(in.q, in.k.index_select(0, memory), in.v.index_select(0, memory),
                                       {.key_lengths = lengths.index_select(0, memory)});
  EXPECT_TRUE(got.equal(expected));
}

TEST(AttentionRows, TheSameBitsInAnyCompany) {
  const auto in = make_input(5, 6, 11, 24, torch::kFloat32);
  const auto lengths = torch::tensor({11, 3, 8, 1, 6});
  const auto whole = attention_rows(in.q, in.k, in.v, {.key_lengths = lengths});
  at::set_num_threads(3);
  EXPECT_TRUE(whole.equal(attention_rows(in.q, in.k, in.v, {.key_lengths = lengths})));
  at::set_num_threads(1);
  for (int64_t b = 0; b < 5; ++b) {  // alone, and without what is padded
    const auto own = [&](const torch::Tensor& t) { return t.slice(0, b, b + 1); };
    const int64_t n = lengths[b].item<int64_t>();
    EXPECT_TRUE(own(whole).equal(attention_rows(own(in.q), own(in.k).slice(2, 0, n), own(in.v).slice(2, 0, n)))) << b;
  }
  const auto causal = attention_rows(in.q, in.k.slice(2, 0, 6), in.v.slice(2, 0, 6), {.causal = true});
  for (int64_t t = 0; t < 6; ++t) {  // one position after the other
    const auto alone = attention_rows(in.q.slice(2, t, t + 1), in.k.slice(2, 0, t + 1), in.v.slice(2, 0, t + 1));
    EXPECT_TRUE(causal.slice(2, t, t + 1).equal(alone)) << t;
  }
}

TEST(AttentionRows, RefusesWhatDoesNotFit) {
  const auto in = make_input(2, 3, 4, 5);
  const auto refused = [&](const Input& i, const AttentionRowsOptions& o) {
    EXPECT_THROW(attention_rows(i.q, i.k, i.v, o), UsageError);
  };
  refused({in.q, in.k, in.v.slice(2, 1)}, {});
  refused({in.q.to(torch::kFloat32), in.k, in.v}, {});
  refused({in.q.slice(0, 1), in.k, in.v}, {});
  refused(in, {.key_lengths = torch::tensor({0, 4})});
  refused(in, {.key_lengths = torch::tensor({1, 5})});
  refused(in, {.memory = torch::tensor({0, 2})});
  refused({in.q, in.k.slice(2, 0, 2), in.v.slice(2, 0, 2)}, {.causal = true});
}

}  // namespace
}  // namespace cairn::ops
