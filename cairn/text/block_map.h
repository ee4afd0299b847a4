// Work on the blocks of a text by many threads, its results in the order of the text.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "cairn/text/text_source.h"

namespace cairn::text {

/// Each of `threads` workers takes the next block, computes work(worker, block), and hands the result to
/// consume(result), which is called by one worker at a time and in block order. At most one block a worker is in
/// memory. An exception ends all and is thrown again here.
template <class Work, class Consume>
void map_blocks(TextSource& source, int threads, const Work& work, const Consume& consume) {
  std::mutex reading, writing;
  std::condition_variable turn;
  int64_t next_read = 0, next_written = 0;
  std::exception_ptr failure;
  const auto take = [&](int64_t& number) {
    const std::lock_guard lock(reading);
    auto block = source.next();
    number = next_read++;
    return block;
  };
  const auto run = [&](int worker) {
    for (int64_t number = 0; auto block = take(number);) {
      auto result = work(worker, std::move(*block));
      std::unique_lock lock(writing);
      turn.wait(lock, [&] { return failure || next_written == number; });
      if (failure) return;
      consume(std::move(result));
      ++next_written;
      turn.notify_all();
    }
  };
  const auto guarded = [&](int worker) {
    try {
      run(worker);
    } catch (...) {
      const std::lock_guard lock(writing);
      if (!failure) failure = std::current_exception();
      turn.notify_all();
    }
  };
  std::vector<std::thread> workers;
  for (int worker = 1; worker < threads; ++worker) workers.emplace_back(guarded, worker);
  guarded(0);
  for (auto& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace cairn::text
