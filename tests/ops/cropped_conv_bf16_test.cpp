// Convolutions by windows in bfloat16 against LibTorch's in double precision.
#include "cairn/ops/cropped_conv_bf16.h"

#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace cairn::ops {
namespace {

struct Case {
  int64_t C, O, rows, columns, first_row, first_column;
};

/// Numbers that bfloat16 holds, so that only what is computed is rounded.
torch::Tensor random(torch::IntArrayRef shape, uint64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape).to(torch::kBFloat16).to(torch::kFloat32);
}

/// y and the gradients of x, weight, bias and residual, all in double precision.
template <class Conv>
std::vector<torch::Tensor> run(const Conv& conv, const Case& c, int64_t B, bool relu, torch::ScalarType type) {
  const auto leaf = [&](torch::IntArrayRef shape, uint64_t seed) {
    return random(shape, seed).to(type).requires_grad_();
  };
  const auto x = leaf({B, c.C, 5, 7}, 1), weight = leaf({c.O, c.C, c.rows, c.columns}, 2), bias = leaf({c.O}, 3),
             residual = leaf({B, c.O, 5, 7}, 4);
  const CroppedConvOptions options{.first_row = c.first_row, .first_column = c.first_column, .relu_input = relu};
  const auto y = conv(x, weight, bias, options, relu ? residual : torch::Tensor());
  std::vector<torch::Tensor> inputs{x, weight, bias};
  if (relu) inputs.push_back(residual);
  auto results = torch::autograd::grad({y}, inputs, {random(y.sizes(), 5).to(y.scalar_type())});
  results.insert(results.begin(), y.detach());
  for (auto& result : results) result = result.to(torch::kFloat64);
  return results;
}

void expect_near_the_reference(const Case& c, int64_t B, bool relu) {
  SCOPED_TRACE(testing::Message() << c.C << " " << c.O << " " << c.rows << " " << c.columns << " from " << c.first_row
                                  << " " << c.first_column << ", " << B << " images, relu " << relu);
  const auto got = run(cropped_conv_bf16, c, B, relu, torch::kFloat32);
  const auto expected = run(cropped_conv_reference, c, B, relu, torch::kFloat64);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes()) << i;
    if (got[i].numel() == 0) continue;
    const double scale = expected[i].abs().max().item<double>();
    EXPECT_LE((got[i] - expected[i]).abs().max().item<double>(), scale * 0x1p-7) << i;  // rounded to 8 bits, twice
  }
}

// Whole windows, single taps, windows that end a row or two above the pixel.
const Case kCases[] = {{1, 1, 1, 1, 0, 0},     {3, 5, 1, 1, 0, 0},     {3, 5, 1, 1, -1, 0},   {64, 32, 1, 1, 0, 0},
                       {32, 32, 2, 3, -1, -1}, {33, 17, 2, 3, -1, -1}, {1, 64, 4, 7, -3, -3}, {1, 13, 3, 7, -3, -3},
                       {6, 12, 1, 2, 0, -1},   {2, 4, 1, 4, 0, -3},    {3, 4, 7, 13, -6, -6}, {4, 3, 2, 5, -4, -2},
                       {3, 4, 1, 3, -4, -1}};

TEST(CroppedConvBf16, IsNearTheReference) {
  for (const Case& c : kCases) {
    for (const bool relu : {false, true}) expect_near_the_reference(c, 3, relu);
  }
}

TEST(CroppedConvBf16, IsNearTheReferenceForOneImageAndForNone) {
  expect_near_the_reference(kCases[5], 1, true);
  expect_near_the_reference(kCases[5], 0, true);
}

TEST(CroppedConvBf16, IsWhatAutocastGetsWhereTheProcessorMultipliesIt) {
  const auto x = random({2, 4, 5, 7}, 1), weight = random({3, 4, 2, 3}, 2), bias = random({3}, 3);
  const CroppedConvOptions options{.first_row = -1, .first_column = -1};
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const auto y = cropped_conv(x, weight, bias, options);
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(at::kCPU, false);
  EXPECT_TRUE(y.is_contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_EQ(y.scalar_type(), multiplies_bf16() ? torch::kBFloat16 : torch::kFloat32);
  const auto expected =
      multiplies_bf16() ? cropped_conv_bf16(x, weight, bias, options) : cropped_conv(x, weight, bias, options);
  EXPECT_TRUE(torch::equal(y, expected));
}

}  // namespace
}  // namespace cairn::ops
