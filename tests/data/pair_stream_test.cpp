// Pairs of rows in batches: every pair once an epoch, like lengths together, the size kept, places to go on from.
#include "cairn/data/pair_stream.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <numeric>
#include <set>

#include "cairn/base/error.h"

namespace cairn::data {
namespace {

const RandomStream kRandom(3, "pairs");

/// Pair k: source k, k, ...; target one token more or fewer; each ends in 0.
std::shared_ptr<TokenPairs> make_pairs(int64_t count) {
  auto pairs = std::make_shared<TokenPairs>();
  auto random = RandomStream(1, "lengths");
  for (int64_t k = 0; k < count; ++k) {
    const auto row = [&](uint64_t length) {
      std::vector<int64_t> ids(length, k + 1);
      ids.push_back(0);
      return ids;
    };
    const auto length = 1 + random.below(12);
    pairs->source.add(row(length));
    pairs->target.add(row(length + random.below(3)));
    pairs->lines.push_back(k);
  }
  pairs->start = 99;
  return pairs;
}

TEST(PairBatch, TargetsAreShiftedBehindTheStart) {
  TokenPairs pairs;
  pairs.start = 9;
  pairs.padding = 7;
  pairs.source.add(std::vector<int64_t>{1, 2, 0});
  pairs.source.add(std::vector<int64_t>{0});
  pairs.target.add(std::vector<int64_t>{3, 0});
  pairs.target.add(std::vector<int64_t>{4, 5, 6, 0});
  const auto batch = pair_batch(pairs, std::vector<int64_t>{1, 0});
  EXPECT_TRUE(batch["source"].equal(torch::tensor({{0, 7, 7}, {1, 2, 0}})));
  EXPECT_TRUE(batch["source_length"].equal(torch::tensor({1, 3})));
  EXPECT_TRUE(batch["target"].equal(torch::tensor({{4, 5, 6, 0}, {3, 0, -1, -1}})));
  EXPECT_TRUE(batch["target_in"].equal(torch::tensor({{9, 4, 5, 6}, {9, 3, 0, 7}})));
}

TEST(PairStream, AnEpochShowsEveryPairOnceWithinTheSize) {
  const auto pairs = make_pairs(200);
  PairStream stream(pairs, {.tokens = 64}, kRandom);
  std::vector<int64_t> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::multiset<int64_t> seen;
    int64_t padded = 0, tokens = 0;
    for (int64_t k = 0; k < stream.batches_per_epoch(); ++k) {
      const auto batch = stream.next();
      EXPECT_LE(std::max(batch["source"].numel(), batch["target"].numel()), 64);
      padded += batch["target"].numel();
      tokens += batch["target"].ge(0).sum().item<int64_t>();
      for (int64_t b = 0; b < batch.size(); ++b) seen.insert(batch.index[b].item<int64_t>());
      if (k == 0) orders.push_back(batch.index[0].item<int64_t>());
    }
    EXPECT_EQ(seen.size(), 200u);
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 200u);
    EXPECT_LT(padded, 1.1 * static_cast<double>(tokens));
    EXPECT_EQ(stream.position(), Json({{"epoch", epoch + 1}, {"next", 0}}));
  }
  EXPECT_GT(std::set<int64_t>(orders.begin(), orders.end()).size(), 1u);
}

TEST(PairStream, GoesOnFromItsPosition) {
  const auto pairs = make_pairs(30);
  for (const BatchSize size : {BatchSize{.tokens = 40}, BatchSize{.pairs = 4}}) {
    PairStream stream(pairs, size, kRandom), other(pairs, size, kRandom);
    for (int k = 0; k < 25; ++k) {
      other.seek(stream.position());
      EXPECT_TRUE(stream.next().index.equal(other.next().index)) << k;
      EXPECT_EQ(stream.position(), other.position());
    }
  }
}

TEST(PairStream, AWidePairIsABatchOfItsOwn) {
  const auto pairs = make_pairs(5);
  EXPECT_EQ(PairStream(pairs, {.tokens = 1}, kRandom).batches_per_epoch(), 5);
}

TEST(PairStream, RefusesWhatDoesNotFit) {
  EXPECT_THROW(PairStream(std::make_shared<TokenPairs>(), {.tokens = 10}, kRandom), InputError);
  EXPECT_THROW(PairStream(make_pairs(3), {}, kRandom), UsageError);
  PairStream stream(make_pairs(3), {.pairs = 2}, kRandom);
  EXPECT_THROW(stream.seek({{"epoch", 0}, {"next", 2}}), InputError);
}

}  // namespace
}  // namespace cairn::data
