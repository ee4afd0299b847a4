// Convolutions by windows against LibTorch's.
#include "cairn/ops/cropped_conv.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"
#include "cairn/ops/cropped_conv_bf16.h"
#include "tests/ops/bf16_autocast.h"

namespace cairn::ops {
namespace {

struct Case {
  int64_t C, O, rows, columns, first_row, first_column;
};

struct Results {
  torch::Tensor y, dx, dweight, dbias, dresidual;
};

torch::Tensor random(torch::IntArrayRef shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kFloat64);
}

struct Precision {
  torch::ScalarType type;                       ///< of the inputs
  torch::ScalarType numbers = torch::kFloat64;  ///< holds them without rounding
};

/// y and gradients of a fixed weighting of y; where the input is rectified, with a residual too.
template <class Conv>
Results run(const Conv& conv, const Case& c, int64_t B, bool relu, const Precision& precision) {
  const auto leaf = [&](torch::IntArrayRef shape, uint64_t seed) {
    return random(shape, seed).to(precision.numbers).to(precision.type).requires_grad_();
  };
  const auto x = leaf({B, c.C, 5, 7}, 1), weight = leaf({c.O, c.C, c.rows, c.columns}, 2), bias = leaf({c.O}, 3);
  const auto residual = leaf({B, c.O, 5, 7}, 5);
  const auto y = conv(x, weight, bias,
                      CroppedConvOptions{.first_row = c.first_row, .first_column = c.first_column, .relu_input = relu},
                      relu ? residual : torch::Tensor());
  auto inputs = std::vector<torch::Tensor>{x, weight, bias};
  if (relu) inputs.push_back(residual);
  const auto d = torch::autograd::grad({y}, inputs, {random(y.sizes(), 4).to(precision.numbers).to(y.scalar_type())});
  return {y.detach(), d[0], d[1], d[2], relu ? d[3] : torch::zeros({0})};
}

/// `tolerance` times the largest number that is expected, and one.
void expect_near(const torch::Tensor& got, const torch::Tensor& expected, double tolerance) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  if (got.numel() == 0) return;
  EXPECT_LT((got - expected).abs().max().item<double>(), tolerance * (1 + expected.abs().max().item<double>()));
}

struct Agreement {
  torch::ScalarType numbers;  ///< of the inputs
  double tolerance;
};
const Agreement kSingle{torch::kFloat64, 2e-6};
const Agreement kBf16{torch::kBFloat16, 0x1p-7};  // its 8 bits, rounded twice

template <class Conv>
void expect_same_as_reference(const Conv& conv, const Case& c, int64_t B, bool relu, const Agreement& agreement) {
  SCOPED_TRACE(testing::Message() << c.C << " " << c.O << " " << c.rows << " " << c.columns << " from " << c.first_row
                                  << " " << c.first_column << ", " << B << " images, relu " << relu);
  const auto [numbers, tolerance] = agreement;
  const auto got = run(conv, c, B, relu, {torch::kFloat32, numbers});
  const auto expected = run(cropped_conv_reference, c, B, relu, {torch::kFloat64, numbers});
  expect_near(got.y, expected.y, tolerance);
  expect_near(got.dx, expected.dx, tolerance);
  expect_near(got.dweight, expected.dweight, tolerance);
  expect_near(got.dbias, expected.dbias, tolerance);
  expect_near(got.dresidual, expected.dresidual, tolerance);
}

const Case kCases[] = {{1, 1, 1, 1, 0, 0},     {3, 5, 1, 1, 0, 0},     {3, 5, 1, 1, -1, 0},   {64, 32, 1, 1, 0, 0},
                       {32, 32, 2, 3, -1, -1}, {33, 17, 2, 3, -1, -1}, {1, 64, 4, 7, -3, -3}, {1, 13, 3, 7, -3, -3},
                       {6, 12, 1, 2, 0, -1},   {2, 4, 1, 4, 0, -3},    {3, 4, 7, 13, -6, -6}, {4, 3, 2, 5, -4, -2},
                       {3, 4, 1, 3, -4, -1}};

TEST(CroppedConv, EqualsTheReference) {
  for (const Case& c : kCases) {
    for (const bool relu : {false, true}) expect_same_as_reference(cropped_conv, c, 3, relu, kSingle);
  }
}

TEST(CroppedConv, EqualsTheReferenceForOneImageAndForNone) {
  for (const int64_t images : {1, 0}) expect_same_as_reference(cropped_conv, kCases[5], images, true, kSingle);
}

TEST(CroppedConv, InBfloat16EqualsTheReferenceButForRounding) {
  if (!multiplies_bf16()) GTEST_SKIP() << "for processors that multiply bfloat16; elsewhere LibTorch adds in it too";
  for (const Case& c : kCases) {
    for (const bool relu : {false, true}) expect_same_as_reference(cropped_conv_bf16, c, 3, relu, kBf16);
  }
  for (const int64_t images : {1, 0}) expect_same_as_reference(cropped_conv_bf16, kCases[5], images, true, kBf16);
}

TEST(CroppedConv, InDoublePrecisionHasTheDifferenceQuotientsAsGradients) {
  const Case c{2, 3, 2, 3, -1, -1};
  const CroppedConvOptions options{.first_row = -1, .first_column = -1, .relu_input = true};
  const auto x = random({1, 2, 5, 7}, 1), weight = random({3, 2, 2, 3}, 2), bias = random({3}, 3);
  const auto weighting = random({1, 3, 5, 7}, 4);
  const auto exact = run(cropped_conv, c, 1, true, {torch::kFloat64}).dweight.flatten();
  for (int64_t k = 0; k < weight.numel(); ++k) {
    const auto value = [&](double change) {
      auto moved = weight.clone();
      moved.view(-1)[k] += change;
      return (cropped_conv(x, moved, bias, options, random({1, 3, 5, 7}, 5)) * weighting).sum().item<double>();
    };
    EXPECT_NEAR((value(1e-5) - value(-1e-5)) / 2e-5, exact[k].item<double>(), 1e-7);
  }
}

TEST(CroppedConv, AnImageIsTheSameBitsInAnyBatchAndForAnyThreads) {
  const CroppedConvOptions options{.first_row = -1, .first_column = -1};
  const auto x = random({5, 6, 5, 7}, 1).to(torch::kFloat32), weight = random({9, 6, 2, 3}, 2).to(torch::kFloat32);
  const auto bias = random({9}, 3).to(torch::kFloat32);
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const auto together = cropped_conv(x, weight, bias, options);
  at::set_num_threads(1);
  for (int64_t n = 0; n < 5; ++n) {
    EXPECT_TRUE(torch::equal(cropped_conv(x.slice(0, n, n + 1), weight, bias, options)[0], together[n]));
  }
  at::set_num_threads(threads);
}

TEST(CroppedConv, IsInBfloat16UnderAutocastWhereTheProcessorMultipliesIt) {
  const auto x = random({2, 4, 5, 7}, 1).to(torch::kFloat32), weight = random({3, 4, 2, 3}, 2).to(torch::kFloat32);
  const auto bias = random({3}, 3).to(torch::kFloat32);
  const CroppedConvOptions options{.first_row = -1, .first_column = -1};
  const auto y = [&] {
    const Bf16Autocast autocast;
    return cropped_conv(x, weight, bias, options);
  }();
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(y.scalar_type(), multiplies_bf16() ? torch::kBFloat16 : torch::kFloat32);
  const auto expected =
      multiplies_bf16() ? cropped_conv_bf16(x, weight, bias, options) : cropped_conv(x, weight, bias, options);
  EXPECT_TRUE(torch::equal(y, expected));
}

TEST(CroppedConv, WidensBfloat16AndIsChannelsLast) {
  const auto y =
      cropped_conv(random({2, 4, 5, 7}, 1).to(torch::kBFloat16), torch::ones({3, 4, 1, 1}), torch::zeros({3}), {});
  EXPECT_EQ(y.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
}

TEST(CroppedConv, RefusesWhatDoesNotFit) {
  const auto x = torch::zeros({2, 4, 5, 7}), bias = torch::zeros({3});
  const auto weight = [](int64_t rows, int64_t columns) { return torch::zeros({3, 4, rows, columns}); };
  EXPECT_THROW(cropped_conv(x, weight(2, 1), bias, {}), UsageError);  // looks below
  EXPECT_THROW(cropped_conv(x, weight(1, 1), bias, {.first_row = 1}), UsageError);
  EXPECT_THROW(cropped_conv(x, weight(1, 2), bias, {.first_column = -3}), UsageError);  // ends left of the pixel
  EXPECT_THROW(cropped_conv(x, torch::zeros({3, 5, 1, 1}), bias, {}), UsageError);
  EXPECT_THROW(cropped_conv(x, weight(1, 1), torch::zeros({4}), {}), UsageError);
  EXPECT_THROW(cropped_conv(x, torch::zeros({3, 4}), bias, {}), UsageError);
}

}  // namespace
}  // namespace cairn::ops
