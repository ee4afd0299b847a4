// Work that calling threads hand in one by one and a worker does in batches: a bounded queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cairn/base/error.h"

namespace cairn {

struct BatchQueueOptions {
  size_t batch = 32;      ///< items worked on at once, at most
  size_t capacity = 256;  ///< items waiting, at most: who hands in more waits
};

/// A batch is whatever waits when the worker is free, in the order it came, so that nobody waits for company.
template <class In, class Out>
class BatchQueue {
 public:
  /// Gives a result for each item, in order. An exception goes to all who handed in an item of that batch.
  using Work = std::function<std::vector<Out>(std::vector<In>)>;

  /// Throws UsageError for a batch or a capacity of 0.
  explicit BatchQueue(Work work, const BatchQueueOptions& options = {}) : work_(std::move(work)), options_(options) {
    if (options.batch == 0 || options.capacity == 0) {
      throw UsageError("batch queue", got_expected(cat("batch ", options.batch, ", capacity ", options.capacity),
                                                   "1 or more of each"));
    }
    worker_ = std::thread([this] { run(); });
  }
  /// What was handed in is still done.
  ~BatchQueue() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_all();
    worker_.join();
  }
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;

  /// From any thread; waits while the queue is full.
  std::future<Out> submit(In item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < options_.capacity; });
    waiting_.push_back({std::move(item), {}});
    auto result = waiting_.back().result.get_future();
    lock.unlock();
    changed_.notify_all();
    return result;
  }

 private:
  struct Item {
    In in;
    std::promise<Out> result;
  };

  std::vector<Item> next_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    std::vector<Item> batch;
    while (!waiting_.empty() && batch.size() < options_.batch) {
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    lock.unlock();
    changed_.notify_all();
    return batch;
  }

  void work_on(std::vector<Item>& batch) {
    std::vector<In> items;
    for (auto& item : batch) items.push_back(std::move(item.in));
    try {
      auto results = work_(std::move(items));
      if (results.size() != batch.size()) {
        throw UsageError("batch queue", got_expected(cat(results.size(), " results"), batch.size()));
      }
      for (size_t k = 0; k < batch.size(); ++k) batch[k].result.set_value(std::move(results[k]));
    } catch (...) {
      for (auto& item : batch) item.result.set_exception(std::current_exception());
    }
  }

  void run() {
    for (auto batch = next_batch(); !batch.empty(); batch = next_batch()) work_on(batch);
  }

  Work work_;
  BatchQueueOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;
  bool closed_ = false;
  std::thread worker_;
};

}  // namespace cairn
