// Products with a packed matrix: right, and the same bits whatever rows stand beside a row.
#include "cairn/ops/packed_matrix.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/ops/packed_linear.h"

namespace cairn::ops {
namespace {

TEST(PackedMatrix, EqualsTheProduct) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    for (const int64_t N : {1, 7, 16, 33, 100}) {
      for (const int64_t rows : {0, 1, 5, 6, 7, 13}) {
        torch::manual_seed(1);
        const auto m = torch::randn({N, 19}, torch::dtype(type)), x = torch::randn({rows, 19}, torch::dtype(type));
        const auto bias = torch::randn({N}, torch::dtype(type));
        const auto y = PackedMatrix(m).multiply(x, bias);
        ASSERT_EQ(y.sizes(), at::IntArrayRef({rows, N}));
        if (rows == 0) continue;
        const auto expected = torch::addmm(bias.to(torch::kFloat64), x.to(torch::kFloat64), m.to(torch::kFloat64).t());
        EXPECT_LT((y - expected).abs().max().item<double>(), type == torch::kFloat32 ? 1e-5 : 1e-13);
      }
    }
  }
}

TEST(PackedMatrix, TakesAnyStrides) {
  const auto m = torch::randn({24, 40});
  const auto x = torch::randn({3, 24});
  EXPECT_TRUE(torch::equal(PackedMatrix(m.t()).multiply(x), PackedMatrix(m.t().contiguous()).multiply(x)));
  const auto every_second = m.t().index({torch::indexing::Slice(), torch::indexing::Slice(0, 24, 2)});
  const auto y = PackedMatrix(every_second.contiguous()).multiply(x.narrow(1, 0, 12));
  EXPECT_TRUE(torch::equal(PackedMatrix(every_second).multiply(x.narrow(1, 0, 12)), y));
  const auto spread = m.index({torch::indexing::Slice(0, 24, 2), torch::indexing::Slice(0, 40, 3)});  // no runs at all
  const auto z = torch::randn({2, 14});
  EXPECT_TRUE(torch::equal(PackedMatrix(spread).multiply(z), PackedMatrix(spread.contiguous()).multiply(z)));
}

TEST(PackedMatrix, ARowDependsOnItselfAlone) {
  const PackedMatrix packed(torch::randn({50, 300}));
  const auto x = torch::randn({17, 300});
  const auto together = packed.multiply(x);
  for (int64_t b = 0; b < 17; ++b) {
    for (const int64_t count : {int64_t{1}, std::min<int64_t>(4, 17 - b)}) {
      EXPECT_TRUE(torch::equal(packed.multiply(x.narrow(0, b, count)), together.narrow(0, b, count)));
    }
  }
}

/// Blocks of rows, chunks of the inputs and pieces of a panel all have an end inside.
TEST(PackedMatrix, LongSumsAreOneSum) {
  torch::manual_seed(2);
  for (const int64_t N : {5, 70}) {  // few panels: rows stay where they are
    const auto m = torch::randn({N, 1500}), x = torch::randn({203, 1500});
    const PackedMatrix packed(m);
    const auto y = packed.multiply(x);
    EXPECT_LT((y - torch::mm(x.to(torch::kFloat64), m.to(torch::kFloat64).t())).abs().max().item<double>(), 1e-3);
    for (const int64_t row : {0, 95, 96, 202}) {
      float sum = 0;
      for (int64_t k = 0; k < 1500; ++k) sum = std::fma(x[row][k].item<float>(), m[N - 1][k].item<float>(), sum);
      EXPECT_EQ(y[row][N - 1].item<float>(), sum) << row;
      EXPECT_TRUE(torch::equal(packed.multiply(x.narrow(0, row, 1)), y.narrow(0, row, 1))) << row;
    }
    auto out = torch::ones({203, N});
    packed_product(x.t().contiguous().t(), m.t(), out);
    EXPECT_TRUE(torch::equal(out, y + 1));
  }
}

TEST(PackedMatrix, RefusesWhatDoesNotFit) {
  EXPECT_THROW(PackedMatrix(torch::randn({3})), UsageError);
  EXPECT_THROW(PackedMatrix(torch::ones({3, 3}, torch::kInt64)), UsageError);
  EXPECT_THROW(PackedMatrix(torch::randn({3, 4})).multiply(torch::randn({2, 5})), UsageError);
  EXPECT_THROW(PackedMatrix(torch::randn({3, 4})).multiply(torch::randn({2, 4}), torch::randn({4})), UsageError);
}

}  // namespace
}  // namespace cairn::ops
