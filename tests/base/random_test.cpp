// Philox against its published vectors; streams, ranges and permutations.
#include "cairn/base/random.h"

#include <gtest/gtest.h>
#include <cmath>
#include <set>
#include <vector>

#include "cairn/base/error.h"

namespace cairn {
namespace {

using Block = std::array<uint32_t, 4>;

// The known-answer vectors that come with Random123 (philox4x32, 10 rounds).
TEST(Philox, KnownAnswers) {
  constexpr uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<uint64_t> draws(RandomStream stream, int count = 8) {
  std::vector<uint64_t> list;
  for (int i = 0; i < count; ++i) list.push_back(stream.bits64());
  return list;
}

TEST(RandomStream, IsAFunctionOfSeedAndName) {
  EXPECT_EQ(draws({1, "data"}), draws({1, "data"}));
  EXPECT_NE(draws({1, "data"}), draws({2, "data"}));
  EXPECT_NE(draws({1, "data"}), draws({1, "dat"}));
  EXPECT_NE(draws({1, ""}), draws({2, ""}));
}

TEST(RandomStream, AnItemDoesNotDependOnWhatWasDrawn) {
  RandomStream stream(7, "noise");
  const auto before = draws(stream.at(3));
  stream.uniform();
  EXPECT_EQ(draws(stream.at(3)), before);
  EXPECT_NE(draws(stream.at(4)), before);
  EXPECT_NE(draws(stream), before);
  EXPECT_NE(draws(stream.at(1).at(2)), draws(stream.at(2).at(1)));
}

TEST(RandomStream, BelowCoversItsRangeEvenly) {
  RandomStream stream(3, "dice");
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts.at(stream.below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 450);  // 5 sigma
  EXPECT_EQ(stream.below(1), 0u);
  EXPECT_THROW(stream.below(0), UsageError);
}

TEST(RandomStream, UniformAndNormalHaveTheirMoments) {
  RandomStream stream(5, "moments");
  constexpr int n = 100000;
  double uniform = 0, mean = 0, square = 0;
  for (int i = 0; i < n; ++i) {
    const double u = stream.uniform(), z = stream.normal();
    ASSERT_TRUE(u >= 0 && u < 1 && std::isfinite(z));
    uniform += u / n;
    mean += z / n;
    square += z * z / n;
  }
  EXPECT_NEAR(uniform, 0.5, 0.005);
  EXPECT_NEAR(mean, 0, 0.016);
  EXPECT_NEAR(square, 1, 0.023);
}

TEST(Permutation, VisitsEachElementOnce) {
  for (const uint64_t n : {1, 2, 3, 4, 5, 17, 100, 1000, 4097}) {
    const Permutation order(n, {9, "epoch"});
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < n; ++i) seen.insert(order[i]);
    EXPECT_EQ(seen.size(), n);
    EXPECT_EQ(*seen.rbegin(), n - 1);
  }
}

TEST(Permutation, DiffersByStreamAndShuffles) {
  const RandomStream stream(9, "epoch");
  const Permutation first(1000, stream.at(0)), second(1000, stream.at(1));
  int same = 0, fixed = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    same += first[i] == second[i];
    fixed += first[i] == i;
  }
  EXPECT_LT(same, 12);
  EXPECT_LT(fixed, 12);
}

TEST(Permutation, WorksBeyond32Bits) {
  const uint64_t n = (uint64_t{1} << 40) + 3;
  const Permutation order(n, {9, "large"});
  EXPECT_LT(order[n - 1], n);
  EXPECT_NE(order[0], order[n - 1]);
}

}  // namespace
}  // namespace cairn
