// Models of images: what each pixel sees, sampling with kept features against full passes, and what is refused.
#include "cairn/models/autoregressive/image_model.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <set>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/receptive_field.h"
#include "cairn/models/autoregressive/sampling.h"
#include "small_models.h"
#include "tests/train/checkpointing/twenty_budgets.h"

namespace cairn::autoregressive {
namespace {

/// Which variables j change conditional i when they are flipped, beyond i itself: entry [j][i].
torch::Tensor sees(DensityModel& model) {
  const int64_t D = model.variables().D();
  torch::manual_seed(4);
  const auto x = torch::randint(0, 2, {8, D}, torch::kUInt8);
  const auto before = model.conditionals(x, 0);
  const auto seen = torch::zeros({D, D}, torch::kBool);
  for (int64_t j = 0; j < D; ++j) {
    auto flipped = x.clone();
    flipped.select(1, j).bitwise_xor_(1);
    seen[j].copy_((model.conditionals(flipped, 0) != before).any(0));
    seen[j][j] = false;
  }
  return seen;
}

/// In single precision without gradients the pixel program runs, in double precision the tensors: both are looked at.
void expect_sees(const SmallModel& small, const torch::Tensor& expected) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    const torch::NoGradGuard no_grad;
    const auto model = make_random(small, type);
    for (auto& parameter : model->parameters()) parameter.mul_(0.4);  // so that no probability rounds to 1
    EXPECT_TRUE(torch::equal(sees(*model), expected)) << sees(*model).to(torch::kInt64) << expected.to(torch::kInt64);
  }
}

/// Every variable sees all before it.
torch::Tensor all_earlier(int64_t D) {
  return torch::ones({D, D}, torch::kBool).triu(1);
}

SmallModel gated(std::vector<int64_t> shape, int64_t layers) {
  return {"gated", {.kind = "gated_pixelcnn", .features = 12, .layers = layers, .first_kernel = 3, .head = 48}, shape};
}

TEST(ReceptiveField, OfGatedPixelCnnIsEveryEarlierPixel) {
  expect_sees(gated({4, 5}, 6), all_earlier(20));
}

TEST(ReceptiveField, OfGatedPixelCnnIsEveryEarlierChannelToo) {
  expect_sees(gated({3, 3, 3}, 4), all_earlier(27));
}

/// Pixels that filters reach, by following them from each pixel: rows [-1, 0], columns -1 .. 1, as PixelCNN stacks
/// them.
torch::Tensor reached_by_filters(int64_t rows, int64_t columns, int64_t layers) {
  const int64_t D = rows * columns;
  const auto seen = torch::zeros({D, D}, torch::kBool);
  for (int64_t i = 0; i < D; ++i) {
    std::set<int64_t> at{i};
    for (int64_t l = 0; l <= layers; ++l) {  // from the last layer down to the first, whose mask A leaves itself out
      std::set<int64_t> next;
      for (const int64_t p : at) {
        for (const auto& [r, c] : {std::pair{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 0}}) {
          const int64_t row = p / columns + r, column = p % columns + c;
          const bool itself = r == 0 && c == 0;
          if (row >= 0 && column >= 0 && column < columns && !(itself && l == layers))
            next.insert(row * columns + column);
        }
      }
      at = next;
    }
    for (const int64_t p : at) seen[p][i] = true;
  }
  return seen;
}

TEST(ReceptiveField, OfPixelCnnHasItsBlindSpotAndNoOther) {
  const SmallModel small{
      "pixelcnn", {.kind = "pixelcnn", .features = 6, .layers = 6, .first_kernel = 3, .head = 6}, {4, 6}};
  const auto expected = reached_by_filters(4, 6, 6);
  EXPECT_TRUE(expected[7][15].item<bool>());    // left above
  EXPECT_FALSE(expected[11][12].item<bool>());  // the end of the row above, from its own row's first pixel
  EXPECT_FALSE(torch::equal(expected, all_earlier(24)));
  expect_sees(small, expected);
}

TEST(ReceptiveField, IsDrawnAsItIs) {
  const SmallModel small{
      "pixelcnn", {.kind = "pixelcnn", .features = 16, .layers = 6, .first_kernel = 3, .head = 16}, {4, 6}};
  const ModelSpec spec{.config = small.config, .shape = small.shape, .encoding = {}};
  const auto field = receptive_field(*make_model(spec), spec, 2, 3);
  EXPECT_TRUE(torch::equal(field.seen.flatten(), reached_by_filters(4, 6, 6).select(1, 15)));
  EXPECT_TRUE(torch::equal(field.earlier.flatten(), torch::arange(24) < 15));
  EXPECT_EQ(field.picture.sizes(), torch::IntArrayRef({32, 48, 3}));
  EXPECT_THROW(receptive_field(*make_model(spec), spec, 4, 0), UsageError);
}

/// The filters of the masked layers as matrices of 0 and 1: entry [i][j] where pixel i reads pixel j.
torch::Tensor reads(int64_t rows, int64_t columns, const std::vector<std::pair<int64_t, int64_t>>& offsets) {
  const auto matrix = torch::zeros({rows * columns, rows * columns});
  for (int64_t i = 0; i < rows * columns; ++i) {
    for (const auto& [r, c] : offsets) {
      const int64_t row = i / columns + r, column = i % columns + c;
      if (row >= 0 && column >= 0 && column < columns) matrix[i][row * columns + column] = 1;
    }
  }
  return matrix;
}

/// What a Row LSTM's pixels see, by following its filters: first 3 x 3 with mask A, then layers of 1 x 3 with mask B
/// whose states come from the three nearest of the row above.
torch::Tensor reached_by_row_lstm(int64_t rows, int64_t columns, int64_t layers) {
  const auto first = reads(rows, columns, {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}});
  const auto input = reads(rows, columns, {{0, -1}, {0, 0}}),
             state = reads(rows, columns, {{-1, -1}, {-1, 0}, {-1, 1}});
  auto h = input;
  for (int64_t row = 1; row < rows; ++row) h = input + state.mm(h);
  auto x = first;
  for (int64_t l = 0; l < layers; ++l) x = x + h.mm(x);
  return x.gt(0).t();
}

SmallModel recurrent(const std::string& kind, std::vector<int64_t> shape, int64_t layers) {
  return {kind, {.kind = kind, .features = 12, .layers = layers, .first_kernel = 3, .head = 48}, shape};
}

TEST(ReceptiveField, OfRowLstmIsATriangle) {
  const int64_t rows = 5, columns = 9;
  const auto one = reached_by_row_lstm(rows, columns, 1), three = reached_by_row_lstm(rows, columns, 3);
  for (int64_t d = 1; d < rows; ++d) {  // of the pixel in the middle of the last row, d rows above
    const int64_t i = 4 * columns + 4;
    for (int64_t column = 0; column < columns; ++column) {
      const bool inside = column >= 4 - d - 2 && column <= 4 + d;  // mask A's filter and K^is look left
      EXPECT_EQ(one[(4 - d) * columns + column][i].item<bool>(), inside) << d << " " << column;
    }
  }
  EXPECT_FALSE(torch::equal(three, one));  // layers widen it to the left
  EXPECT_FALSE(torch::equal(three, all_earlier(rows * columns)));
  expect_sees(recurrent("row_lstm", {rows, columns}, 1), one);
  expect_sees(recurrent("row_lstm", {rows, columns}, 3), three);
}

TEST(ReceptiveField, OfDiagonalBiLstmIsEveryEarlierPixelFromTheFirstLayerOn) {
  expect_sees(recurrent("diagonal_bilstm", {4, 6}, 1), all_earlier(24));
  expect_sees(recurrent("diagonal_bilstm", {6, 3}, 1), all_earlier(18));
  expect_sees(recurrent("diagonal_bilstm", {3, 3, 3}, 2), all_earlier(27));
}

/// Through the tensors, in double precision: a gradient is zero for what is not seen, not merely small.
void expect_jacobian(const SmallModel& small, const torch::Tensor& expected) {
  const auto model = make_random(small);
  for (auto& parameter : model->parameters()) parameter.requires_grad_(false);
  auto& image = dynamic_cast<ImageModel&>(*model);
  torch::manual_seed(2);
  const auto planes = torch::rand({1, 1, small.shape[0], small.shape[1]}, torch::kFloat64).requires_grad_();
  const auto logits = image.tensor_logits(planes, {});
  for (int64_t i = 0; i < logits.size(1); ++i) {
    const auto gradient = torch::autograd::grad({logits[0][i]}, {planes}, {}, true)[0].flatten();
    EXPECT_TRUE(torch::equal(gradient.ne(0), expected.select(1, i))) << i << gradient;
  }
}

TEST(ReceptiveField, IsExactByTheJacobian) {
  expect_jacobian(gated({3, 4}, 5), all_earlier(12));
  expect_jacobian(recurrent("row_lstm", {5, 9}, 1), reached_by_row_lstm(5, 9, 1));
  expect_jacobian(recurrent("row_lstm", {4, 5}, 2), reached_by_row_lstm(4, 5, 2));
  expect_jacobian(recurrent("diagonal_bilstm", {4, 6}, 1), all_earlier(24));
  expect_jacobian(recurrent("diagonal_bilstm", {6, 3}, 2), all_earlier(18));
}

class ImageModels : public EverySmallModel {};

/// Logits of the pixels one variable at a time.
torch::Tensor stepped_logits(DensityModel& model, const torch::Tensor& x) {
  const auto stepper = model.stepper(model.path(0), x.size(0));
  std::vector<torch::Tensor> all;
  for (const int64_t d : model.order(0)) {
    const auto logits = torch::empty({x.size(0), model.variables().levels[d] - 1});
    stepper->logits(logits.data_ptr<float>());
    const auto values = x.select(1, d).to(torch::kInt64).contiguous();
    stepper->observe(values.data_ptr<int64_t>());
    const bool label = model.variables().levels[d] == kClasses;
    if (!label) all.push_back(logits);
  }
  return torch::cat(all, 1);
}

torch::Tensor random_examples(const DensityModel& model, int64_t N) {
  torch::manual_seed(8);
  std::vector<torch::Tensor> columns;
  for (const int64_t levels : model.variables().levels)
    columns.push_back(torch::randint(0, levels, {N}, torch::kUInt8));
  return torch::stack(columns, 1);
}

TEST_P(ImageModels, KeptFeaturesGiveTheBitsOfAFullPassInAnyBatchAndForAnyThreads) {
  const auto model = make_random(GetParam(), torch::kFloat32);
  auto& image = dynamic_cast<ImageModel&>(*model);
  const auto x = random_examples(*model, 21);
  const auto full = image.exact_logits(x);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2}) {
    at::set_num_threads(count);
    EXPECT_TRUE(torch::equal(stepped_logits(*model, x), full));
    EXPECT_TRUE(torch::equal(image.exact_logits(x), full));
    EXPECT_TRUE(torch::equal(stepped_logits(*model, x.slice(0, 4, 5)), full.slice(0, 4, 5)));
  }
  at::set_num_threads(threads);
}

TEST_P(ImageModels, PixelsMayBeObservedWithoutAskingForTheirLogits) {
  const auto model = make_random(GetParam(), torch::kFloat32);
  const auto x = random_examples(*model, 2);
  const auto stepper = model->stepper(model->path(0), 2);
  const int64_t last = model->order(0).back();
  for (const int64_t d : model->order(0)) {
    if (d == last) break;
    const auto values = x.select(1, d).to(torch::kInt64).contiguous();
    stepper->observe(values.data_ptr<int64_t>());
  }
  const auto logits = torch::empty({2, model->variables().levels[last] - 1});
  stepper->logits(logits.data_ptr<float>());
  const auto full = dynamic_cast<ImageModel&>(*model).exact_logits(x);
  EXPECT_TRUE(torch::equal(logits, full.narrow(1, full.size(1) - logits.size(1), logits.size(1))));
}

/// The same model, whose sampling runs the whole network anew for every variable.
class Recomputed : public DensityModel {
 public:
  explicit Recomputed(ImageModel& model) : DensityModel(model.variables()), model_(model) {}
  const Order& order(int64_t member) const override { return model_.order(member); }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override { return model_.conditionals(x, member); }
  void set_frequencies(const torch::Tensor& /*frequencies*/) override {}
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override {
    return std::make_unique<FullPasses>(model_, path.order, examples);
  }

 private:
  class FullPasses : public Stepper {
   public:
    FullPasses(ImageModel& model, const Order& order, int64_t examples)
        : model_(model), order_(order), x_(torch::zeros({examples, model.variables().D()}, torch::kUInt8)) {}
    void logits(float* out) override {
      const int64_t d = order_[position_], rows = model_.variables().levels[d] - 1;
      const auto own = model_.exact_logits(x_).narrow(1, model_.variables().offsets[d], rows).contiguous();
      std::copy_n(own.data_ptr<float>(), own.numel(), out);
    }
    void observe(const int64_t* values) override {
      for (int64_t n = 0; n < x_.size(0); ++n) x_[n][order_[position_]] = values[n];
      ++position_;
    }

   private:
    ImageModel& model_;
    Order order_;
    torch::Tensor x_;
    int64_t position_ = 0;
  };
  ImageModel& model_;
};

TEST_P(ImageModels, SamplesAreThoseOfFullPasses) {
  const auto model = make_random(GetParam(), torch::kFloat32);
  if (model->variables().levels.back() == kClasses)
    return;  // full passes take the label from the same place: the prior
  Recomputed recomputed(dynamic_cast<ImageModel&>(*model));
  EXPECT_TRUE(torch::equal(sample(*model, 30, RandomStream(3, "s")), sample(recomputed, 30, RandomStream(3, "s"))));
}

TEST_P(ImageModels, ScoresAreThoseOfTheTensors) {
  const auto single = make_random(GetParam(), torch::kFloat32), twice = make_random(GetParam(), torch::kFloat64);
  const auto x = random_examples(*single, 10);
  const auto trained = single->conditionals(x, 0);  // through the tensors, as training does
  const torch::NoGradGuard no_grad;
  const auto expected = twice->conditionals(x, 0);
  EXPECT_TRUE(torch::allclose(trained.to(torch::kFloat64), expected, 1e-4, 1e-4));
  EXPECT_TRUE(torch::allclose(single->conditionals(x, 0).to(torch::kFloat64), expected, 1e-4, 1e-4));
}

INSTANTIATE_TEST_SUITE_P(Small, ImageModels, testing::ValuesIn(small_image_models()),
                         [](const auto& test) { return test.param.name; });

TEST(ImageModel, CompletesWhatFollowsInRasterOrderAndRefusesTheRest) {
  const auto model = make_random(gated({4, 5}, 2), torch::kFloat32);
  auto known = nothing_known(*model, 3);
  known.mask.narrow(0, 0, 7).fill_(true);
  known.values.narrow(1, 0, 7).fill_(1);
  const auto x = complete(*model, known, RandomStream(1, "s"));
  EXPECT_TRUE(x.narrow(1, 0, 7).eq(1).all().item<bool>());
  known.mask[12] = true;
  EXPECT_THROW(complete(*model, known, RandomStream(1, "s")), UsageError);
}

std::string refusal(const ModelConfig& config, const std::vector<int64_t>& shape) {
  try {
    make_model({.config = config, .shape = shape, .encoding = {}});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ImageModel, RefusesWhatItCannotBe) {
  const auto expect = [](const ModelConfig& config, const std::vector<int64_t>& shape, const std::string& part) {
    EXPECT_NE(refusal(config, shape).find(part), std::string::npos) << refusal(config, shape);
  };
  for (const std::string& kind : image_kinds()) {
    expect({.kind = kind}, {16}, "expected [H, W], [H, W, 1] or [H, W, 3]");
    expect({.kind = kind}, {4, 4, 2}, "expected [H, W], [H, W, 1] or [H, W, 3]");
    expect({.kind = kind, .order = "reverse"}, {4, 4}, "[model.order]");
    expect({.kind = kind, .label = "last"}, {4, 4}, "expected 'none' or 'first'");
    expect({.kind = kind, .kernel = 4}, {4, 4}, "[model.kernel]");
    expect({.kind = kind, .first_kernel = 4}, {4, 4}, "[model.first_kernel]");
    expect({.kind = kind, .features = 32}, {4, 4, 3}, "[model.features]");
    expect({.kind = kind, .features = 33, .head = 32}, {4, 4, 3}, "[model.head]");
    expect({.kind = kind, .orders = 2}, {4, 4}, "[model.orders]");
    expect({.kind = kind}, {4, 4, 1}, "accepted");
  }
}

TEST(PixelCnn, TakesThePredictedMemoryAtTwentyBudgets) {
  const auto model = make_random(
      {"pixelcnn", {.kind = "pixelcnn", .features = 8, .layers = 20, .first_kernel = 5, .head = 8}, {12, 12}},
      torch::kFloat32);
  const auto x = torch::randint(0, 2, {8, 144}, torch::kUInt8);
  const auto staged = model->staged_objective(x, RandomStream(1, "objective"));
  checkpointing::expect_predicted_peaks(staged->chain, {staged->input}, 0.4, [&] { model->zero_grad(); });
}

}  // namespace
}  // namespace cairn::autoregressive
