// The recurrent operator: the fused loop against the definition for every cell and option, gradients by differences,
// invariance to batch, order of rows, threads and cuts in time; what is refused.
#include "cairn/ops/recurrence.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"
#include "cairn/ops/packed_recurrence.h"
#include "cairn/ops/recurrence_reference.h"
#include "tests/ops/recurrence_weights.h"

namespace cairn::ops {
namespace {

struct Case {
  std::string name;
  Cell cell;
  int64_t T, B, H;
  Parts parts = {};  // bias, peepholes, projection, norm, zone, lengths, reverse
  bool has(const std::string& part) const { return has_part(parts, part); }
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

struct Input {
  torch::Tensor x;
  RecurrenceWeights weights;
  RecurrenceState first;
  RecurrenceOptions options;

  std::vector<torch::Tensor*> differentiable() { return defined_of({&x, &first.h, &first.c}, weights); }
};

Input make_input(const Case& c, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(3);
  const auto o = torch::dtype(type);
  const int64_t R = state_size(c.parts, c.H);
  Input in;
  in.x = torch::randn({c.T, c.B, gates_of(c.cell) * c.H}, o);
  in.weights = random_weights(c.cell, c.H, 1, c.parts, o);
  in.first.h = torch::randn({c.B, R}, o) * 0.5;
  if (c.cell == Cell::lstm) in.first.c = torch::randn({c.B, c.H}, o);
  in.options.cell = c.cell;
  in.options.reverse = c.has("reverse");
  if (c.has("zone")) {
    in.options.keep_h = torch::rand({c.T, c.B, R}, o).lt(0.3).to(type);
    if (c.cell == Cell::lstm) in.options.keep_c = torch::full({1, 1, c.H}, 0.4, o).expand({c.T, c.B, c.H});
  }
  if (c.has("lengths")) in.options.lengths = torch::randint(0, c.T + 1, {c.B}, torch::kInt64);
  return in;
}

using Implementation = RecurrenceOutput (*)(const torch::Tensor&, const RecurrenceWeights&, const RecurrenceState&,
                                            const RecurrenceOptions&);

/// y, last states, and the gradients of everything for one fixed random weighting of them.
std::vector<torch::Tensor> run(Input in, Implementation implementation) {
  const auto leaves = made_leaves(in.differentiable());
  const auto out = implementation(in.x, in.weights, in.first, in.options);
  torch::manual_seed(5);
  std::vector<torch::Tensor> results{out.y, out.last.h};
  if (out.last.c.defined()) results.push_back(out.last.c);
  auto sum = torch::zeros({}, in.x.scalar_type());
  for (const auto& t : results) sum = sum + (t * torch::randn_like(t)).sum();
  auto gradients = torch::autograd::grad({sum}, leaves, {}, {}, false, /*allow_unused=*/true);
  for (size_t i = 0; i < gradients.size(); ++i) {
    results.push_back(gradients[i].defined() ? gradients[i] : torch::zeros_like(leaves[i]));
  }
  return results;
}

class RecurrenceCases : public testing::TestWithParam<Case> {};

TEST_P(RecurrenceCases, LoopEqualsDefinition) {
  expect_equal(run(make_input(GetParam()), recurrence), run(make_input(GetParam()), recurrence_reference));
}

TEST_P(RecurrenceCases, FloatIsClose) {
  auto in = make_input(GetParam(), torch::kFloat32);
  auto wide = in;
  for (auto* t : wide.differentiable()) *t = t->to(torch::kFloat64);
  for (auto* t : {&wide.options.keep_h, &wide.options.keep_c}) {
    if (t->defined()) *t = t->to(torch::kFloat64);
  }
  const auto got = recurrence(in.x, in.weights, in.first, in.options);
  const auto expected = recurrence_reference(wide.x, wide.weights, wide.first, wide.options);
  ASSERT_EQ(got.y.scalar_type(), torch::kFloat32);
  EXPECT_LT(difference(got.y, expected.y), 1e-5);
}

TEST_P(RecurrenceCases, PackedGivesTheSameBits) {
  const auto in = make_input(GetParam(), torch::kFloat32);
  const auto expected = recurrence(in.x, in.weights, in.first, in.options);
  const PackedRecurrence packed(in.weights, in.options);
  const auto got = packed.run({in.x, in.first, in.options.lengths, in.options.keep_h, in.options.keep_c});
  EXPECT_TRUE(torch::equal(got.y, expected.y));
  EXPECT_TRUE(torch::equal(got.last.h, expected.last.h));
}

TEST_P(RecurrenceCases, ARowAloneGivesTheSameBits) {
  const auto in = make_input(GetParam(), torch::kFloat32);
  const auto together = recurrence(in.x, in.weights, in.first, in.options);
  const auto part = [](const torch::Tensor& t, int64_t dim, int64_t b) {
    return t.defined() ? t.narrow(dim, b, 1) : t;
  };
  for (int64_t b = 0; b < in.x.size(1); ++b) {
    auto options = in.options;
    options.lengths = part(options.lengths, 0, b);
    options.keep_h = part(options.keep_h, 1, b);
    options.keep_c = part(options.keep_c, 1, b);
    const RecurrenceState first{part(in.first.h, 0, b), part(in.first.c, 0, b)};
    const auto alone = recurrence(in.x.narrow(1, b, 1), in.weights, first, options);
    EXPECT_TRUE(torch::equal(alone.y, together.y.narrow(1, b, 1))) << b;
    EXPECT_TRUE(torch::equal(alone.last.h, together.last.h.narrow(0, b, 1))) << b;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cells, RecurrenceCases,
    testing::Values(
        Case{"elman_tanh", Cell::elman_tanh, 5, 3, 7, {"bias"}},
        Case{"elman_relu", Cell::elman_relu, 5, 3, 7, {"bias"}},
        Case{"elman_norm_zone", Cell::elman_tanh, 5, 3, 9, {"bias", "norm", "zone"}},
        Case{"lstm", Cell::lstm, 6, 4, 16, {"bias"}}, Case{"lstm_no_bias", Cell::lstm, 6, 4, 5},
        Case{"lstm_many_rows", Cell::lstm, 4, 29, 11, {"bias"}}, Case{"lstm_reverse", Cell::lstm, 6, 4, 9, {"reverse"}},
        Case{"lstm_lengths", Cell::lstm, 6, 11, 9, {"bias", "lengths"}},
        Case{"lstm_lengths_reverse", Cell::lstm, 6, 11, 9, {"bias", "lengths", "reverse"}},
        Case{"lstm_peepholes", Cell::lstm, 5, 3, 10, {"bias", "peepholes"}},
        Case{"lstm_projection", Cell::lstm, 5, 3, 10, {"bias", "projection", "peepholes"}},
        Case{"lstm_norm", Cell::lstm, 5, 3, 10, {"bias", "norm"}},
        Case{"lstm_norm_projection_lengths", Cell::lstm, 5, 9, 10, {"bias", "norm", "projection", "lengths"}},
        Case{"lstm_zone", Cell::lstm, 5, 3, 10, {"bias", "zone"}},
        Case{"lstm_everything", Cell::lstm, 5, 10, 21, {"bias", "norm", "peepholes", "zone", "lengths", "reverse"}},
        Case{"gru", Cell::gru, 6, 4, 17, {"bias"}},
        Case{"gru_norm_zone", Cell::gru, 5, 3, 10, {"bias", "norm", "zone"}},
        Case{"gru_lengths_reverse", Cell::gru, 5, 12, 10, {"bias", "lengths", "reverse"}},
        Case{"gru_before", Cell::gru_reset_before, 6, 4, 17, {"bias"}},
        Case{"gru_before_lengths_zone", Cell::gru_reset_before, 5, 12, 6, {"lengths", "zone", "reverse"}},
        Case{"one_of_all", Cell::lstm, 1, 1, 1, {"bias"}}, Case{"no_rows", Cell::lstm, 3, 0, 4, {"bias"}}),
    [](const auto& test) { return test.param.name; });

TEST(Recurrence, GradientsAgreeWithFiniteDifferences) {
  for (const auto& c : {Case{"", Cell::lstm, 3, 2, 3, {"bias", "peepholes", "norm", "zone"}},
                        Case{"", Cell::gru, 3, 2, 3, {"bias"}}, Case{"", Cell::gru_reset_before, 3, 2, 3, {"bias"}}}) {
    auto in = make_input(c);
    const auto analytic = run(in, recurrence);
    const auto objective = [&] {
      const auto out = recurrence(in.x, in.weights, in.first, in.options);
      torch::manual_seed(5);
      auto sum = (out.y * torch::randn_like(out.y)).sum() + (out.last.h * torch::randn_like(out.last.h)).sum();
      if (out.last.c.defined()) sum = sum + (out.last.c * torch::randn_like(out.last.c)).sum();
      return sum.item<double>();
    };
    size_t which = c.cell == Cell::lstm ? 3 : 2;
    for (auto* t : in.differentiable()) {
      for (int64_t k = 0; k < t->numel(); ++k) {
        double& value = t->data_ptr<double>()[k];
        const double kept = value, step = 1e-5;
        value = kept + step;
        const double above = objective();
        value = kept - step;
        const double below = objective();
        value = kept;
        EXPECT_NEAR((above - below) / (2 * step), analytic[which].flatten()[k].item<double>(), 1e-8);
      }
      ++which;
    }
  }
}

TEST(Recurrence, ThreadsChangeNoBit) {
  const auto in = make_input({"", Cell::lstm, 4, 37, 40, {"bias"}}, torch::kFloat32);
  const int kept = at::get_num_threads();
  at::set_num_threads(1);
  const auto alone = recurrence(in.x, in.weights, in.first, in.options);
  for (const int threads : {2, 3}) {
    at::set_num_threads(threads);
    EXPECT_TRUE(torch::equal(alone.y, recurrence(in.x, in.weights, in.first, in.options).y));
  }
  at::set_num_threads(kept);
}

TEST(Recurrence, CutAnywhereAndCarryTheState) {
  const auto in = make_input({"", Cell::lstm, 9, 3, 12, {"bias"}}, torch::kFloat32);
  const auto whole = recurrence(in.x, in.weights, in.first, in.options);
  for (int64_t cut = 0; cut <= 9; ++cut) {
    const auto head = recurrence(in.x.slice(0, 0, cut), in.weights, in.first, in.options);
    const auto tail = recurrence(in.x.slice(0, cut), in.weights, head.last, in.options);
    EXPECT_TRUE(torch::equal(torch::cat({head.y, tail.y}), whole.y)) << cut;
    EXPECT_TRUE(torch::equal(tail.last.c, whole.last.c)) << cut;
  }
}

TEST(Recurrence, FullBackPropagationEqualsTwoChunksWithTheStateAttached) {
  auto in = make_input({"", Cell::gru, 8, 3, 6, {"bias"}});
  in.weights.W.requires_grad_();
  recurrence(in.x, in.weights, in.first, in.options).y.square().sum().backward();
  const auto whole = in.weights.W.grad().clone();
  in.weights.W.mutable_grad().reset();
  const auto head = recurrence(in.x.slice(0, 0, 3), in.weights, in.first, in.options);
  const auto tail = recurrence(in.x.slice(0, 3), in.weights, head.last, in.options);
  (head.y.square().sum() + tail.y.square().sum()).backward();
  EXPECT_LT(difference(in.weights.W.grad(), whole), 1e-10);
}

TEST(Recurrence, RefusesWhatDoesNotFit) {
  const auto good = make_input({"", Cell::lstm, 3, 2, 4, {"bias", "lengths"}});
  const auto refused = [&](const std::string& part, const std::function<void(Input&)>& spoil) {
    Input in = good;
    spoil(in);
    try {
      recurrence(in.x, in.weights, in.first, in.options);
      ADD_FAILURE() << "took " << part;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("x", [](Input& in) { in.x = in.x.slice(2, 0, 15); });
  refused("W", [](Input& in) { in.weights.W = in.weights.W.slice(1, 0, 3); });
  refused("b", [](Input& in) { in.weights.b = in.weights.b.to(torch::kFloat32); });
  refused("first.c", [](Input& in) { in.first.c = torch::Tensor(); });
  refused("lengths: row 1", [](Input& in) { in.options.lengths = torch::tensor({3, 4}, torch::kInt64); });
  refused("lengths", [](Input& in) { in.options.lengths = torch::tensor({3.0, 2.0}); });
  refused("cell_gain", [](Input& in) { in.weights.norm = torch::ones({16}, torch::kFloat64); });
}

}  // namespace
}  // namespace cairn::ops
