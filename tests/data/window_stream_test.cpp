// Windows of a text: what follows what, every place drawn, places to go on from.
#include "cairn/data/window_stream.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <set>

#include "cairn/base/error.h"

namespace cairn::data {
namespace {

const RandomStream kRandom(3, "windows");

TEST(WindowStream, WindowsBeginEverywhereAndPredictWhatFollows) {
  WindowStream stream(torch::arange(20), {.batch = 4, .steps = 6, .random = kRandom});
  std::set<int64_t> places;
  for (int k = 0; k < 100; ++k) {
    const auto batch = stream.next();
    EXPECT_TRUE(batch["y"].equal(batch["x"] + 1));
    EXPECT_TRUE(batch["x"].equal(batch["x"].slice(1, 0, 1) + torch::arange(6)));
    for (int64_t b = 0; b < 4; ++b) places.insert(batch["x"][b][0].item<int64_t>());
  }
  EXPECT_EQ(places.size(), 14u);  // 0 .. 13: the last window's last target is the last token
  EXPECT_EQ(*places.rbegin(), 13);
}

TEST(WindowStream, GoesOnFromItsPositionWhateverTheBatch) {
  WindowStream stream(torch::arange(50), {.batch = 2, .steps = 5, .random = kRandom});
  WindowStream other(torch::arange(50), {.batch = 3, .steps = 5, .random = kRandom});
  EXPECT_TRUE(torch::cat({stream.next()["x"], stream.next()["x"], stream.next()["x"]})
                  .equal(torch::cat({other.next()["x"], other.next()["x"]})));
  EXPECT_EQ(stream.position(), other.position());
  WindowStream later(torch::arange(50), {.batch = 2, .steps = 5, .random = kRandom});
  later.seek(stream.position());
  EXPECT_TRUE(stream.next()["x"].equal(later.next()["x"]));
}

TEST(WindowStream, RefusesWhatDoesNotFit) {
  EXPECT_THROW(WindowStream(torch::arange(5), {.batch = 1, .steps = 5, .random = kRandom}), InputError);
  EXPECT_THROW(WindowStream(torch::arange(9), {.batch = 0, .steps = 5, .random = kRandom}), UsageError);
  WindowStream stream(torch::arange(9), {.batch = 1, .steps = 5, .random = kRandom});
  EXPECT_THROW(stream.seek({{"next", -1}}), InputError);
}

}  // namespace
}  // namespace cairn::data
