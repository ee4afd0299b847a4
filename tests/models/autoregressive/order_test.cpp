#include "cairn/models/autoregressive/order.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/masks.h"

namespace cairn::autoregressive {
namespace {

const RandomStream kRandom(1, "order");

TEST(Order, NamesMeanWhatTheySay) {
  EXPECT_EQ(make_order({.name = "raster", .shape = {2, 2}}, kRandom), (Order{0, 1, 2, 3}));
  EXPECT_EQ(make_order({.name = "reverse", .shape = {2, 2}}, kRandom), (Order{3, 2, 1, 0}));
  EXPECT_EQ(make_order({.name = "column", .shape = {2, 3}}, kRandom), (Order{0, 3, 1, 4, 2, 5}));
}

TEST(Order, RandomIsAPermutationThatDependsOnItsStream) {
  auto order = make_order({.name = "random", .shape = {28, 28}}, kRandom);
  EXPECT_NE(order, make_order({.name = "random", .shape = {28, 28}}, RandomStream(2, "order")));
  EXPECT_EQ(order, make_order({.name = "random", .shape = {28, 28}}, kRandom));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, make_order({.name = "raster", .shape = {28, 28}}, kRandom));
}

TEST(Order, LabelIsTheLastVariableFirstOrLastInOrder) {
  EXPECT_EQ(make_order({.shape = {2}, .label = LabelPlace::first}, kRandom), (Order{2, 0, 1}));
  EXPECT_EQ(make_order({.shape = {2}, .label = LabelPlace::last}, kRandom), (Order{0, 1, 2}));
}

TEST(Order, ColumnNeedsTwoDimensions) {
  EXPECT_THROW(make_order({.name = "column", .shape = {4}}, kRandom), UsageError);
}

TEST(Order, InverseGivesPositions) {
  EXPECT_EQ(inverse({2, 0, 1}), (Order{1, 2, 0}));
}

TEST(Masks, DegreesAreSortedAndNoneIsMissing) {
  EXPECT_EQ(hidden_degrees(6, 4), (std::vector<int64_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(hidden_degrees(2, 1), (std::vector<int64_t>{0, 0}));
}

TEST(Masks, DirectMaskIsStrictlyBefore) {
  const ops::Variables variables({2, 3, 2});  // rows: x0, x1=1, x1=2, x2
  const auto mask = direct_mask(variables, {2, 0, 1});
  EXPECT_TRUE(torch::equal(
      mask, torch::tensor({{0., 0., 0., 1.}, {1., 0., 0., 1.}, {1., 0., 0., 1.}, {0., 0., 0., 0.}}, torch::kFloat32)));
  EXPECT_TRUE(torch::equal(rows_in_order(variables, {2, 0, 1}), torch::tensor({3, 0, 1, 2}, torch::kInt64)));
}

}  // namespace
}  // namespace cairn::autoregressive
