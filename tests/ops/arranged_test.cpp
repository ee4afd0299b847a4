// A matrix in another order of rows and columns under a staircase mask, against index_select and a dense mask.
#include "cairn/ops/arranged.h"

#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"
#include "tests/ops/bf16_autocast.h"

namespace cairn::ops {
namespace {

StaircaseMask stairs(int64_t outputs, int64_t inputs) {
  std::vector<int64_t> reach;
  for (int64_t j = 0; j < outputs; ++j) reach.push_back(j * inputs / outputs);
  return {reach, inputs};
}

void expect_same_as_dense(int64_t outputs, int64_t inputs, torch::ScalarType type) {
  torch::manual_seed(outputs * 100 + inputs);
  const auto mask = stairs(outputs, inputs);
  const auto rows = torch::randperm(outputs), columns = torch::randperm(inputs);
  const auto matrix = torch::randn({outputs, inputs}, torch::dtype(type)).requires_grad_();
  const auto y = arranged(matrix, rows, columns, mask);
  const auto expected = matrix.index_select(0, rows).index_select(1, columns) * mask.dense(matrix.options());
  EXPECT_TRUE(torch::equal(y, expected));
  const auto g = torch::randn(y.sizes(), y.options());
  EXPECT_TRUE(
      torch::equal(torch::autograd::grad({y}, {matrix}, {g})[0], torch::autograd::grad({expected}, {matrix}, {g})[0]));
}

TEST(Arranged, EqualsDense) {
  for (const auto type : {torch::kFloat64, torch::kFloat32, torch::kBFloat16}) {
    for (const int64_t outputs : {1, 5, 40, 131}) {
      for (const int64_t inputs : {1, 3, 77}) expect_same_as_dense(outputs, inputs, type);
    }
  }
  expect_same_as_dense(0, 4, torch::kFloat32);
}

TEST(Arranged, GivesAutocastsTypeAndTakesItsGradients) {
  const auto mask = stairs(40, 77);
  const auto rows = torch::randperm(40), columns = torch::randperm(77);
  const auto matrix = torch::randn({40, 77}).requires_grad_();
  const auto single = arranged(matrix, rows, columns, mask);
  torch::Tensor half;
  {
    const Bf16Autocast autocast;
    half = arranged(matrix, rows, columns, mask);
  }
  EXPECT_TRUE(torch::equal(half, single.to(torch::kBFloat16)));
  const auto g = torch::randn(half.sizes(), half.options());
  EXPECT_TRUE(torch::equal(torch::autograd::grad({half}, {matrix}, {g})[0],
                           torch::autograd::grad({single}, {matrix}, {g.to(torch::kFloat32)})[0]));
}

TEST(Arranged, TakesAMatrixThatIsNotContiguous) {
  const auto mask = stairs(6, 4);
  const auto rows = torch::randperm(6), columns = torch::randperm(4);
  const auto matrix = torch::randn({4, 6}).t();
  EXPECT_TRUE(torch::equal(arranged(matrix, rows, columns, mask), arranged(matrix.contiguous(), rows, columns, mask)));
}

TEST(Arranged, RefusesWrongShapes) {
  const auto matrix = torch::randn({6, 4});
  const auto rows = torch::arange(6), columns = torch::arange(4);
  EXPECT_THROW(arranged(matrix.t(), rows, columns, stairs(6, 4)), UsageError);
  EXPECT_THROW(arranged(matrix, columns, columns, stairs(6, 4)), UsageError);
  EXPECT_THROW(arranged(matrix, rows, rows, stairs(6, 4)), UsageError);
}

}  // namespace
}  // namespace cairn::ops
