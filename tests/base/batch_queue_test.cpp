// Many threads, one worker: every item gets its own result, in batches that stay within their bounds.
#include "cairn/base/batch_queue.h"

#include <gtest/gtest.h>

#include <atomic>

namespace cairn {
namespace {

TEST(BatchQueue, EachThreadGetsItsOwnResults) {
  std::atomic<size_t> largest = 0, batches = 0;
  BatchQueue<int, int> queue(
      [&](const std::vector<int>& items) {
        largest = std::max(largest.load(), items.size());
        ++batches;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        std::vector<int> doubled;
        for (const int item : items) doubled.push_back(2 * item);
        return doubled;
      },
      {.batch = 4, .capacity = 6});
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int k = 0; k < 25; ++k) wrong += queue.submit(100 * t + k).get() != 2 * (100 * t + k);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(largest, 4U);
  EXPECT_GT(largest, 1U);
  EXPECT_LT(batches, 200U);
}

TEST(BatchQueue, WhoHandsInMoreThanItHoldsWaits) {
  std::promise<void> go;
  std::vector<std::future<int>> results;
  std::atomic<int> handed_in = 0;
  BatchQueue<int, int> queue(
      [&, started = go.get_future().share()](std::vector<int> items) {
        started.wait();
        return items;
      },
      {.batch = 1, .capacity = 2});
  std::thread thread([&] {
    for (int k = 0; k < 6; ++k) {
      results.push_back(queue.submit(k));
      ++handed_in;
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(handed_in, 3);  // two wait, one is worked on
  go.set_value();
  thread.join();
  for (int k = 0; k < 6; ++k) EXPECT_EQ(results[static_cast<size_t>(k)].get(), k);
}

TEST(BatchQueue, AnExceptionReachesWhoAsked) {
  BatchQueue<int, int> queue(
      [](std::vector<int> items) {
        if (items.front() == 13) throw InputError("test", "thirteen");
        return items;
      },
      {.batch = 1});
  auto bad = queue.submit(13), good = queue.submit(14);
  EXPECT_THROW(bad.get(), InputError);
  EXPECT_EQ(good.get(), 14);
}

TEST(BatchQueue, WhatWasHandedInIsDoneBeforeTheEnd) {
  std::vector<std::future<int>> results;
  {
    BatchQueue<int, int> queue([](std::vector<int> items) { return items; }, {.batch = 3, .capacity = 100});
    for (int k = 0; k < 50; ++k) results.push_back(queue.submit(k));
  }
  for (int k = 0; k < 50; ++k) EXPECT_EQ(results[static_cast<size_t>(k)].get(), k);
}

TEST(BatchQueue, NoRoomIsRefused) {
  const auto same = [](std::vector<int> items) { return items; };
  EXPECT_THROW((BatchQueue<int, int>(same, {.batch = 0})), UsageError);
  EXPECT_THROW((BatchQueue<int, int>(same, {.capacity = 0})), UsageError);
}

}  // namespace
}  // namespace cairn
