// Blocks come back to their like, and what is held stays near what was in use.
#include "cairn/train/block_cache.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "cairn/base/error.h"

namespace cairn::train {
namespace {

constexpr size_t kMega = 1 << 20;

TEST(BlockCache, AFreedBlockServesTheNextOfItsSize) {
  BlockCache cache(/*slack=*/0);
  const auto first = cache.take(3 * kMega);
  EXPECT_GE(first.bytes, 3 * kMega);
  EXPECT_LE(first.bytes, 3 * kMega + 3 * kMega / 16);
  std::memset(first.data, 1, first.bytes);
  cache.give_back(first);
  EXPECT_EQ(cache.in_use(), 0U);
  const auto second = cache.take(3 * kMega - 1000);
  EXPECT_EQ(second.data, first.data);
  const auto third = cache.take(3 * kMega);
  EXPECT_NE(third.data, first.data);
  EXPECT_EQ(cache.in_use(), second.bytes + third.bytes);
  cache.give_back(second);
  cache.give_back(third);
}

TEST(BlockCache, AMuchLargerBlockIsNotWastedOnASmallOne) {
  BlockCache cache(/*slack=*/0);
  const auto large = cache.take(64 * kMega);
  cache.give_back(large);
  const auto small = cache.take(kMega);
  EXPECT_LT(small.bytes, 2 * kMega);
  cache.give_back(small);
}

TEST(BlockCache, HoldsLittleMoreThanWasEverInUse) {
  BlockCache cache(/*slack=*/0);
  std::mt19937 random(1);
  std::vector<BlockCache::Block> blocks;
  size_t most = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (blocks.size() < 30 && random() % 2) {
      blocks.push_back(cache.take(kMega / 4 + random() % (4 * kMega)));
    } else if (!blocks.empty()) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      cache.give_back(blocks.back());
      blocks.pop_back();
    }
    most = std::max(most, cache.in_use());
    ASSERT_LE(cache.held(), most + most / 4) << i;
  }
  for (const auto& block : blocks) cache.give_back(block);
  EXPECT_EQ(cache.in_use(), 0U);
}

TEST(BlockCache, AStepsBlocksWaitForTheNextStep) {
  BlockCache cache(/*slack=*/0);
  const auto weights = cache.take(20 * kMega);
  for (int step = 0; step < 5; ++step) {
    for (const size_t megas : {4, 5}) {  // one after the other, a sixth more than ever at once
      const auto block = cache.take(megas * kMega);
      auto* mark = static_cast<char*>(block.data);
      EXPECT_EQ(*mark, step > 0) << "a new block is zero";
      *mark = 1;
      cache.give_back(block);
    }
  }
  cache.give_back(weights);
}

TEST(BlockCache, AFewMayWaitHoweverLittleIsInUse) {
  BlockCache cache;
  for (int k = 1; k <= 16; ++k) cache.give_back(cache.take(k * kMega));
  EXPECT_GE(cache.held(), BlockCache::kSlack - 16 * kMega);
  EXPECT_LE(cache.held(), BlockCache::kSlack + 16 * kMega);
}

TEST(BlockCache, ForgetsWhatWasInUseLongAgo) {
  BlockCache cache(/*slack=*/0);
  cache.give_back(cache.take(64 * kMega));
  for (int i = 0; i < 10'000; ++i) cache.give_back(cache.take(kMega));
  EXPECT_LT(cache.held(), 2 * kMega);
  cache.trim();
  EXPECT_EQ(cache.held(), 0U);
}

TEST(BlockCache, BlocksDoNotOverlap) {
  BlockCache cache(/*slack=*/0);
  std::vector<BlockCache::Block> blocks;
  for (int i = 0; i < 40; ++i) {
    blocks.push_back(cache.take(kMega / 8 * (1 + i % 7)));
    std::memset(blocks.back().data, i, blocks.back().bytes);
    if (i % 3 == 0) {
      cache.give_back(blocks.front());
      blocks.erase(blocks.begin());
    }
  }
  for (size_t a = 0; a < blocks.size(); ++a) {
    for (size_t b = a + 1; b < blocks.size(); ++b) {
      const auto* x = static_cast<char*>(blocks[a].data);
      const auto* y = static_cast<char*>(blocks[b].data);
      EXPECT_TRUE(x + blocks[a].bytes <= y || y + blocks[b].bytes <= x);
    }
  }
  for (const auto& block : blocks) cache.give_back(block);
}

TEST(BlockCache, ThreadsShareIt) {
  BlockCache cache(/*slack=*/0);
  const auto work = [&cache](int seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 2'000; ++i) {
      const auto block = cache.take(kMega / 8 + random() % kMega);
      std::memset(block.data, seed, 4096);
      cache.give_back(block);
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  EXPECT_EQ(cache.in_use(), 0U);
}

TEST(BlockCache, SaysWhatWasAskedForWhereTheSystemHasNoMore) {
  BlockCache cache(/*slack=*/0);
  try {
    cache.take(size_t{1} << 60);
    FAIL();
  } catch (const EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find("1152921504606846976 bytes"), std::string::npos) << error.what();
  }
  cache.give_back(cache.take(kMega));
}

}  // namespace
}  // namespace cairn::train
