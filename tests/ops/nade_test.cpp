// The NADE operator: kernel and chunked path against the definition, gradients, invariance to threads, causality.
#include "cairn/ops/nade.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "cairn/ops/nade_chunked.h"
#include "cairn/ops/nade_reference.h"

namespace cairn::ops {
namespace {

struct Case {
  std::string name;
  std::vector<int64_t> levels;
  int64_t B;
  int64_t H;
  double ones = 0.2;  ///< chance of a value other than 0
  bool shuffled = false;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

NadeInput make_input(const Case& c, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(7);
  NadeInput in;
  in.variables = Variables(c.levels);
  const int64_t D = in.variables.D(), R = in.variables.R();
  const auto options = torch::dtype(type);
  const auto levels = torch::tensor(c.levels, torch::kFloat64);
  const auto value = 1 + (torch::rand({c.B, D}, torch::kFloat64) * (levels - 1)).floor();
  in.x = torch::where(torch::rand({c.B, D}).lt(c.ones), value, 0.0).to(torch::kUInt8);
  in.W = torch::randn({R, c.H}, options) * 0.5;
  in.V = torch::randn({R, c.H}, options) * 0.5;
  in.b = torch::randn({R}, options);
  in.c = torch::randn({c.H}, options);
  in.order.resize(D);
  std::iota(in.order.begin(), in.order.end(), 0);
  if (c.shuffled) {
    const auto permutation = torch::randperm(D);
    in.order.assign(permutation.data_ptr<int64_t>(), permutation.data_ptr<int64_t>() + D);
  }
  return in;
}

using Implementation = std::function<torch::Tensor(const NadeInput&)>;

/// Logits and the gradients of W, V, b and c for one fixed random weighting of the logits.
std::vector<torch::Tensor> run(NadeInput in, const Implementation& implementation) {
  for (auto* p : {&in.W, &in.V, &in.b, &in.c}) *p = p->detach().clone().requires_grad_();
  const auto logits = implementation(in);
  torch::manual_seed(11);
  const auto weight = torch::randn({in.x.size(0), in.variables.R()}, in.W.scalar_type());
  auto results = torch::autograd::grad({logits}, {in.W, in.V, in.b, in.c}, {weight}, {}, false, /*allow_unused=*/true);
  if (!results[0].defined()) results[0] = torch::zeros_like(in.W);  // of one variable the definition never reads W
  results.insert(results.begin(), logits.detach());
  return results;
}

void expect_near(const std::vector<torch::Tensor>& got, const std::vector<torch::Tensor>& expected, double tolerance) {
  const char* names[] = {"logits", "dW", "dV", "db", "dc"};
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes()) << names[i];
    if (got[i].numel() == 0) continue;
    EXPECT_LT((got[i] - expected[i]).abs().max().item<double>(), tolerance) << names[i];
  }
}

class NadeCases : public testing::TestWithParam<Case> {};

TEST_P(NadeCases, KernelEqualsDefinition) {
  const auto in = make_input(GetParam());
  expect_near(run(in, nade), run(in, nade_reference), 1e-10);
}

TEST_P(NadeCases, ChunkedEqualsDefinition) {
  const auto in = make_input(GetParam());
  if (in.variables.D() == 0) GTEST_SKIP() << "the dispatcher answers for no variables";
  expect_near(run(in, [](const NadeInput& i) { return nade_chunked(i, 5); }), run(in, nade_reference), 1e-10);
}

TEST_P(NadeCases, FloatIsClose) {
  const auto in = make_input(GetParam(), torch::kFloat32);
  auto wide = in;
  for (auto* p : {&wide.W, &wide.V, &wide.b, &wide.c}) *p = p->to(torch::kFloat64);
  auto got = run(in, nade);
  auto expected = run(wide, [&](const NadeInput& i) { return nade_reference(i); });
  ASSERT_EQ(got[0].scalar_type(), torch::kFloat32);
  for (auto& t : got) t = t.to(torch::kFloat64);
  if (in.x.size(0) > 0) {
    EXPECT_LT((got[0] - expected[0]).abs().max().item<double>(), 2e-5);
  }
}

std::vector<int64_t> binary(int64_t D) {
  return std::vector<int64_t>(D, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, NadeCases,
    testing::Values(Case{"binary", binary(23), 9, 16}, Case{"width_not_of_lanes", binary(40), 5, 37},
                    Case{"many_tiles", binary(150), 3, 70, 0.15}, Case{"many_examples", binary(17), 300, 33},
                    Case{"random_order", binary(45), 6, 20, 0.3, true},
                    Case{"levels", {2, 5, 3, 2, 11, 2, 7}, 8, 19, 0.7},
                    Case{"levels_shuffled", {4, 2, 3, 30, 2, 2, 9, 40}, 8, 19, 0.7, true},
                    Case{"all_zeros", binary(34), 4, 10, 0.0}, Case{"all_ones", binary(70), 4, 10, 1.0},
                    Case{"no_examples", binary(6), 0, 5}, Case{"one_example", binary(33), 1, 500},
                    Case{"one_variable", binary(1), 4, 6, 0.5}, Case{"one_unit", binary(35), 4, 1}),
    [](const auto& test) { return test.param.name; });

TEST(Nade, GradientsAgreeWithFiniteDifferences) {
  auto in = make_input({"", {2, 3, 2, 4, 2}, 3, 4, 0.6, true});
  const auto analytic = run(in, nade);
  torch::manual_seed(11);
  const auto weight = torch::randn({3, in.variables.R()}, torch::kFloat64);
  const auto objective = [&] { return (nade(in) * weight).sum().item<double>(); };
  size_t which = 1;
  for (auto* p : {&in.W, &in.V, &in.b, &in.c}) {
    double* value = p->data_ptr<double>();
    for (int64_t k = 0; k < p->numel(); ++k) {
      const double kept = value[k], step = 1e-5;
      value[k] = kept + step;
      const double above = objective();
      value[k] = kept - step;
      const double below = objective();
      value[k] = kept;
      EXPECT_NEAR((above - below) / (2 * step), analytic[which].flatten()[k].item<double>(), 1e-8);
    }
    ++which;
  }
}

TEST(Nade, ThreadsChangeNoBit) {
  const auto in = make_input({"", binary(80), 150, 200}, torch::kFloat32);
  const int kept = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = run(in, nade);
  for (const int threads : {2, 3}) {
    at::set_num_threads(threads);
    const auto together = run(in, nade);
    for (size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(torch::equal(alone[i], together[i])) << i;
  }
  at::set_num_threads(kept);
}

TEST(Nade, BatchChangesNoBitOfAnExample) {
  auto in = make_input({"", binary(60), 70, 50}, torch::kFloat32);
  const auto all = nade(in);
  for (const int64_t n : {0, 33, 69}) {
    auto one = in;
    one.x = in.x.slice(0, n, n + 1);
    EXPECT_TRUE(torch::equal(nade(one)[0], all[n])) << n;
  }
}

TEST(Nade, FlippingAVariableChangesNoEarlierBit) {
  const auto in = make_input({"", binary(50), 4, 130, 0.3, true}, torch::kFloat32);
  for (const auto& implementation :
       {Implementation(nade), Implementation([](const NadeInput& i) { return nade_chunked(i); })}) {
    const auto logits = implementation(in);
    for (int64_t i = 0; i < 50; ++i) {
      auto flipped = in;
      flipped.x = in.x.clone();
      flipped.x.select(1, in.order[i]) = 1 - in.x.select(1, in.order[i]);
      const auto changed = implementation(flipped).ne(logits);
      for (int64_t j = 0; j <= i; ++j) EXPECT_FALSE(changed.select(1, in.order[j]).any().item<bool>()) << i << " " << j;
      if (i + 1 < 50) {
        EXPECT_TRUE(changed.any().item<bool>()) << i;
      }
    }
  }
}

TEST(Nade, TakesInt64AndStridedInput) {
  auto in = make_input({"", {2, 3, 2, 5}, 6, 8, 0.6});
  const auto expected = nade(in);
  in.x = in.x.to(torch::kInt64).t().contiguous().t();
  in.W = in.W.t().contiguous().t();
  EXPECT_TRUE(torch::equal(nade(in), expected));
}

TEST(Nade, NanReachesTheLogits) {
  auto in = make_input({"", binary(5), 2, 8});
  in.c[3] = NAN;
  EXPECT_TRUE(nade(in).isnan().all().item<bool>());
}

TEST(Nade, MemoryOfTrainingDoesNotHoldTheHiddenStates) {
  constexpr int64_t B = 300, D = 784, H = 500;
  auto in = make_input({"", binary(D), B, H, 0.13}, torch::kFloat32);
  for (auto* leaf : {&in.W, &in.V, &in.b, &in.c}) leaf->requires_grad_();
  const auto pass = [&] { torch::autograd::grad({nade(in).sum()}, {in.W, in.V, in.b, in.c}); };
  pass();
  const int64_t states = B * D * H * 4, grown = peak_growth(pass);  // 470 MB
  EXPECT_LT(grown, states / 8);
}

TEST(Nade, RefusesWrongInput) {
  const auto good = make_input({"", {2, 3, 2}, 2, 4});
  auto in = good;
  in.W = torch::zeros({3, 4}, torch::kFloat64);
  EXPECT_THROW(nade(in), UsageError);
  in = good;
  in.V = in.V.to(torch::kFloat32);
  EXPECT_THROW(nade(in), UsageError);
  in = good;
  in.order = {0, 1, 1};
  EXPECT_THROW(nade(in), UsageError);
  in.order = {0, 1};
  EXPECT_THROW(nade(in), UsageError);
  in = good;
  in.x = in.x.to(torch::kFloat32);
  EXPECT_THROW(nade(in), UsageError);
  in = good;
  in.x = in.x.clone();
  in.x[1][2] = 2;
  try {
    nade(in);
    FAIL() << "a value outside its levels was accepted";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "[nade: x] row 1, variable 2: got 2, expected a level in 0 .. 1");
  }
}

}  // namespace
}  // namespace cairn::ops
