// A text read in rows side by side: what follows what, places to go on from, what is refused.
#include "cairn/data/token_stream.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"

namespace cairn::data {
namespace {

TEST(TokenStream, RowsAreReadOnFromBatchToBatch) {
  TokenStream stream(torch::arange(24), {.batch = 3, .steps = 3});  // rows of 7: 0 .. 6, 7 .. 13, 14 .. 20
  EXPECT_EQ(stream.batches_per_epoch(), 3);
  const auto first = stream.next(), second = stream.next(), third = stream.next(), again = stream.next();
  EXPECT_TRUE(torch::equal(first["x"], torch::tensor({{0, 7, 14}, {1, 8, 15}, {2, 9, 16}})));
  EXPECT_TRUE(torch::equal(first["y"], first["x"] + 1));
  EXPECT_TRUE(torch::equal(second["x"][0], torch::tensor({3, 10, 17})));
  EXPECT_EQ(third["x"].size(0), 1);
  EXPECT_TRUE(first["fresh"].item<bool>());
  EXPECT_FALSE(second["fresh"].item<bool>());
  EXPECT_TRUE(again["fresh"].item<bool>());
  EXPECT_TRUE(torch::equal(again["x"], first["x"]));
}

TEST(TokenStream, OneRowPredictsEveryTokenButTheFirst) {
  TokenStream stream(torch::arange(10), {.batch = 1, .steps = 100});
  EXPECT_TRUE(torch::equal(stream.next()["y"].flatten(), torch::arange(1, 10)));
}

TEST(TokenStream, GoesOnFromItsPosition) {
  TokenStream stream(torch::arange(50), {.batch = 2, .steps = 5}), other(torch::arange(50), {.batch = 2, .steps = 5});
  for (int k = 0; k < 12; ++k) {
    other.seek(stream.position());
    EXPECT_TRUE(torch::equal(stream.next()["x"], other.next()["x"])) << k;
    EXPECT_EQ(stream.position(), other.position());
  }
}

TEST(TokenStream, RefusesWhatDoesNotFit) {
  EXPECT_THROW(TokenStream(torch::arange(3), {.batch = 3, .steps = 1}), InputError);
  EXPECT_THROW(TokenStream(torch::arange(9), {.batch = 0, .steps = 1}), UsageError);
  EXPECT_THROW(TokenStream(torch::arange(9), {.batch = 1, .steps = 0}), UsageError);
  TokenStream stream(torch::arange(9), {.batch = 1, .steps = 2});
  EXPECT_THROW(stream.seek({{"epoch", 0}, {"next", 8}}), InputError);
  EXPECT_THROW(stream.seek({{"epoch", 0}}), InputError);
}

}  // namespace
}  // namespace cairn::data
