// Generated problems: what they ask, that every sequence depends on its number alone, and going on after a stop.
#include "cairn/data/memory_problems.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn::data {
namespace {

using Kind = MemoryProblem::Kind;
const RandomStream kRandom(7, "problems");

TEST(MemoryProblems, CopyShowsSymbolsBlanksAndASign) {
  const auto drawn = draw_sequences({.kind = Kind::copy, .T = 5}, 0, 3, kRandom);
  ASSERT_EQ(drawn.x.sizes(), at::IntArrayRef({3, 25, 10}));
  EXPECT_TRUE(drawn.x.sum(2).eq(1).all().item<bool>());
  const auto seen = drawn.x.argmax(2);
  EXPECT_TRUE(torch::equal(seen.slice(1, 0, 10), drawn.y));
  EXPECT_LT(drawn.y.max().item<int64_t>(), 8);
  EXPECT_TRUE(seen.slice(1, 10, 14).eq(8).all().item<bool>());
  EXPECT_TRUE(seen.select(1, 14).eq(9).all().item<bool>());
  EXPECT_TRUE(seen.slice(1, 15).eq(8).all().item<bool>());
}

TEST(MemoryProblems, AddingMarksOneNumberInEachHalf) {
  const auto drawn = draw_sequences({.kind = Kind::adding, .T = 9}, 0, 500, kRandom);
  const auto numbers = drawn.x.select(2, 0), marks = drawn.x.select(2, 1);
  EXPECT_TRUE(marks.slice(1, 0, 4).sum(1).eq(1).all().item<bool>());
  EXPECT_TRUE(marks.slice(1, 4).sum(1).eq(1).all().item<bool>());
  EXPECT_TRUE(torch::allclose((numbers * marks).sum(1), drawn.y));
  EXPECT_NEAR(drawn.y.mean().item<double>(), 1, 0.06);
  EXPECT_NEAR(drawn.y.var().item<double>(), 1.0 / 6, 0.03);
}

TEST(MemoryProblems, StreamsGoOnAndDoNotDependOnTheBatch) {
  for (const auto kind : {Kind::copy, Kind::adding}) {
    MemoryStream one({.kind = kind, .T = 6}, 6, kRandom), cut({.kind = kind, .T = 6}, 2, kRandom);
    cut.next();
    MemoryStream again({.kind = kind, .T = 6}, 4, kRandom);
    again.seek(cut.position());
    const auto whole = one.next(), rest = again.next();
    EXPECT_TRUE(torch::equal(whole["x"].slice(0, 2), rest["x"]));
    EXPECT_TRUE(torch::equal(whole["y"].slice(0, 2), rest["y"]));
  }
}

TEST(MemoryProblems, RefusesBadInput) {
  EXPECT_THROW(MemoryStream({.kind = Kind::copy, .T = 0}, 1, kRandom), UsageError);
  EXPECT_THROW(MemoryStream({.kind = Kind::adding, .T = 1}, 1, kRandom), UsageError);
  EXPECT_THROW(MemoryStream({.kind = Kind::copy, .T = 1}, 0, kRandom), UsageError);
  MemoryStream stream({.kind = Kind::copy, .T = 1}, 1, kRandom);
  for (const char* position : {"{}", "[]", R"({"next": -1})", R"({"next": "1"})"}) {
    EXPECT_THROW(stream.seek(Json::parse(position)), InputError) << position;
  }
}

}  // namespace
}  // namespace cairn::data
