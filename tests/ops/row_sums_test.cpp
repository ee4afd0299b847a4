// Means of a few rows and a step added to them, against LibTorch's operators.
#include "cairn/ops/row_sums.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/ops/logistic_pairs.h"

namespace cairn::ops {
namespace {

class RowSumsTest : public testing::TestWithParam<int64_t> {
 protected:
  static std::vector<float*> rows_of(const torch::Tensor& t) {
    std::vector<float*> rows;
    for (int64_t i = 0; i < t.size(0); ++i) rows.push_back(t.data_ptr<float>() + i * t.size(1));
    return rows;
  }
  const int64_t stride_ = padded_width(GetParam());
};

TEST_P(RowSumsTest, TheMean) {
  for (const int64_t count : {1, 2, 7}) {
    const auto t = torch::randn({count, stride_});
    const auto rows = rows_of(t);
    const auto mean = torch::full({stride_}, 1e9f);
    mean_of_rows(rows.data(), count, stride_, mean.data_ptr<float>());
    EXPECT_TRUE(torch::allclose(mean, t.mean(0), 1e-6, 1e-6)) << count;
  }
}

TEST_P(RowSumsTest, ABlendKeepsAPartAndAddsAllRows) {
  for (const int64_t count : {0, 1, 3, 8}) {
    const auto t = torch::randn({count, stride_}), row = torch::randn({stride_}), before = row.clone();
    const auto rows = rows_of(t);
    blend_rows({.keep = 0.25f, .scale = 0.5f, .stride = stride_}, rows.data(), count, row.data_ptr<float>());
    EXPECT_TRUE(torch::allclose(row, 0.25 * before + 0.5 * t.sum(0), 1e-6, 1e-6)) << count;
  }
}

TEST_P(RowSumsTest, ARowThatIsThereTwiceMovesTwice) {
  const auto t = torch::randn({3, stride_}), step = torch::randn({stride_}), before = t.clone();
  auto rows = rows_of(t);
  rows.push_back(rows[1]);
  add_to_rows({.step = step.const_data_ptr<float>(), .scale = 0.25f, .stride = stride_}, rows.data(), 4);
  const auto times = torch::tensor({1.0f, 2.0f, 1.0f}).unsqueeze(1);
  EXPECT_TRUE(torch::allclose(t, before + 0.25 * times * step, 1e-6, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Widths, RowSumsTest, testing::Values(1, 16, 50, 100, 200));

}  // namespace
}  // namespace cairn::ops
