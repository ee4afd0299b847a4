// The LSTM over images: the fused loop against the definition for every walk and part, gradients by differences, the
// lines as a view of the image, invariance to batch and threads; what is refused.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <set>

#include "cairn/base/error.h"
#include "cairn/ops/image_lines.h"
#include "cairn/ops/recurrence.h"
#include "cairn/ops/recurrence_reference.h"
#include "tests/ops/recurrence_weights.h"

namespace cairn::ops {
namespace {

struct Case {
  std::string name;
  Walk walk;
  int64_t B, rows, columns, H;
  int64_t taps = 2;
  Parts parts = {};  // bias, peepholes, projection, norm
  bool has(const std::string& part) const { return has_part(parts, part); }
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

struct Input {
  torch::Tensor x;
  RecurrenceWeights weights;
  Walk walk;

  std::vector<torch::Tensor*> differentiable() { return defined_of({&x}, weights); }
};

Input make_input(const Case& c, torch::ScalarType type = torch::kFloat64) {
  torch::manual_seed(3);
  const auto o = torch::dtype(type);
  Input in{.x = torch::randn({c.B, 4 * c.H, c.rows, c.columns}, o), .weights = {}, .walk = c.walk};
  in.weights = random_weights(Cell::lstm, c.H, c.taps, c.parts, o);
  return in;
}

using Implementation = torch::Tensor (*)(const torch::Tensor&, const RecurrenceWeights&, Walk);

/// y and the gradients of everything for one fixed random weighting of it.
std::vector<torch::Tensor> run(Input in, Implementation implementation) {
  const auto leaves = made_leaves(in.differentiable());
  const auto y = implementation(in.x, in.weights, in.walk).contiguous();
  torch::manual_seed(5);
  std::vector<torch::Tensor> results{y};
  for (const auto& g : torch::autograd::grad({(y * torch::randn_like(y)).sum()}, leaves)) results.push_back(g);
  return results;
}

class ImageLstmCases : public testing::TestWithParam<Case> {};

TEST_P(ImageLstmCases, LoopEqualsDefinition) {
  expect_equal(run(make_input(GetParam()), image_lstm), run(make_input(GetParam()), image_lstm_reference));
}

TEST_P(ImageLstmCases, FloatIsClose) {
  const auto in = make_input(GetParam(), torch::kFloat32);
  auto wide = in;
  for (auto* t : wide.differentiable()) *t = t->to(torch::kFloat64);
  const auto got = image_lstm(in.x, in.weights, in.walk);
  ASSERT_EQ(got.scalar_type(), torch::kFloat32);
  EXPECT_LT(difference(got, image_lstm_reference(wide.x, wide.weights, wide.walk)), 1e-5);
}

TEST_P(ImageLstmCases, AnImageAloneAndAnyThreadsGiveTheSameBits) {
  const auto in = make_input(GetParam(), torch::kFloat32);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto together = image_lstm(in.x, in.weights, in.walk);
  at::set_num_threads(3);
  EXPECT_TRUE(torch::equal(image_lstm(in.x, in.weights, in.walk), together));
  at::set_num_threads(threads);
  for (int64_t b = 0; b < in.x.size(0); ++b) {
    EXPECT_TRUE(torch::equal(image_lstm(in.x.narrow(0, b, 1), in.weights, in.walk), together.narrow(0, b, 1)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Walks, ImageLstmCases,
    testing::Values(
        Case{"rows", Walk::rows, 3, 4, 5, 6, 3, {"bias"}}, Case{"rows_wide", Walk::rows, 2, 3, 4, 5, 5},
        Case{"rows_wider_than_the_image", Walk::rows, 2, 5, 2, 3, 9},
        Case{"rows_one_neighbour", Walk::rows, 2, 4, 3, 5, 1},
        Case{"rows_everything", Walk::rows, 2, 3, 4, 9, 3, {"bias", "peepholes", "projection", "norm"}},
        Case{"diagonals", Walk::diagonals, 3, 4, 5, 6, 2, {"bias"}},
        Case{"diagonals_tall", Walk::diagonals, 2, 7, 3, 17}, Case{"diagonals_of_a_row", Walk::diagonals, 2, 1, 6, 3},
        Case{"diagonals_of_a_column", Walk::diagonals, 2, 6, 1, 3},
        Case{"diagonals_everything", Walk::diagonals, 2, 4, 3, 9, 2, {"bias", "peepholes", "projection", "norm"}},
        Case{"mirrored", Walk::mirrored_diagonals, 3, 4, 5, 6, 2, {"bias"}},
        Case{"mirrored_tall", Walk::mirrored_diagonals, 2, 7, 3, 17},
        Case{"mirrored_of_a_column", Walk::mirrored_diagonals, 2, 6, 1, 3},
        Case{"mirrored_everything", Walk::mirrored_diagonals, 2, 3, 4, 9, 2, {"bias", "peepholes", "norm"}},
        Case{"one_of_all", Walk::diagonals, 1, 1, 1, 1}, Case{"no_images", Walk::rows, 0, 3, 3, 4, 3}),
    [](const auto& test) { return test.param.name; });

TEST(ImageLstm, GradientsAgreeWithFiniteDifferences) {
  for (const auto& c :
       {Case{"", Walk::rows, 2, 3, 3, 2, 3, {"bias"}}, Case{"", Walk::diagonals, 2, 3, 3, 2, 2, {"bias"}},
        Case{"", Walk::mirrored_diagonals, 2, 2, 3, 2, 2, {"bias", "peepholes"}}}) {
    auto in = make_input(c);
    const auto analytic = run(in, image_lstm);
    const auto objective = [&] {
      const auto y = image_lstm(in.x, in.weights, in.walk).contiguous();
      torch::manual_seed(5);
      return (y * torch::randn_like(y)).sum().item<double>();
    };
    size_t which = 1;
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

TEST(ImageLstm, RowsOfOneColumnAreSequences) {
  auto in = make_input({"", Walk::rows, 3, 6, 1, 5, 1, {"bias"}});
  const auto zeros = torch::zeros({3, 5}, torch::kFloat64);
  const auto y = recurrence(in.x.select(3, 0).permute({2, 0, 1}), in.weights, {zeros, zeros}, {.cell = Cell::lstm}).y;
  EXPECT_LT(difference(image_lstm(in.x, in.weights, in.walk).select(3, 0).permute({2, 0, 1}), y), 1e-12);
}

TEST(ImageLines, AreEveryPixelOnceAndReadNeighboursOfTheLineBefore) {
  for (const auto walk : {Walk::rows, Walk::diagonals, Walk::mirrored_diagonals}) {
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{4, 6}, {6, 4}, {1, 5}, {5, 1}}) {
      const ImageLines lines(walk, rows, columns, walk == Walk::rows ? 3 : 2);
      const auto pixel = [&lines](int64_t t, int64_t s) { return lines.origin + t * lines.step + s * lines.place; };
      const auto offsets = lines.neighbours();
      std::set<int64_t> seen;
      for (int64_t t = 0; t < lines.steps; ++t) {
        for (int64_t s = lines.begin(t); s < lines.end(t); ++s) {
          const int64_t row = pixel(t, s) / columns, column = pixel(t, s) % columns;
          EXPECT_TRUE(seen.insert(pixel(t, s)).second);
          for (int64_t k = 0; k < lines.taps; ++k) {
            const int64_t r = row + offsets[k].row, c = column + offsets[k].column;
            const bool inside = r >= 0 && c >= 0 && c < columns;
            ASSERT_EQ(lines.has(t - 1, s + lines.first_tap + k), inside);
            if (inside) {
              EXPECT_EQ(pixel(t - 1, s + lines.first_tap + k), r * columns + c);
            }
          }
        }
      }
      EXPECT_EQ(static_cast<int64_t>(seen.size()), rows * columns);  // no cell beside the image is ever visited
    }
  }
}

TEST(ImageLstm, RefusesWhatDoesNotFit) {
  const auto refused = [&](const std::string& part, Walk walk, const std::function<void(Input&)>& spoil) {
    Input in = make_input({"", walk, 2, 3, 3, 4, walk == Walk::rows ? 3 : 2, {"bias"}});
    spoil(in);
    try {
      image_lstm(in.x, in.weights, in.walk);
      ADD_FAILURE() << "took " << part;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("x", Walk::rows, [](Input& in) { in.x = in.x.slice(1, 0, 15); });
  refused("x", Walk::rows, [](Input& in) { in.x = in.x.slice(2, 0, 0); });
  refused("odd multiple of R = 4", Walk::rows, [](Input& in) { in.weights.W = in.weights.W.slice(1, 0, 8); });
  refused("two times R = 4", Walk::diagonals, [](Input& in) { in.weights.W = in.weights.W.slice(1, 0, 4); });
  refused("W", Walk::diagonals, [](Input& in) { in.weights.W = torch::Tensor(); });
  refused("b", Walk::diagonals, [](Input& in) { in.weights.b = in.weights.b.to(torch::kFloat32); });
  refused("cell_gain", Walk::rows, [](Input& in) { in.weights.norm = torch::ones({16}, torch::kFloat64); });
}

}  // namespace
}  // namespace cairn::ops
