#include "cairn/train/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "cairn/base/error.h"

namespace cairn::train {

namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kWindow = 4096;  // takes; a step of a large network makes some thousand

/// Sizes in steps of at most a sixteenth, so that nearly equal ones can take each other's place.
size_t rounded(size_t bytes) {
  const size_t step = std::max(kPage, std::bit_floor(bytes) / 16);
  return (bytes + step - 1) / step * step;
}

}  // namespace

BlockCache::~BlockCache() {
  release_until(0);
}

void BlockCache::release(Blocks::iterator block) {
  ::munmap(block->second.data, block->first);
  waiting_bytes_ -= block->first;
  waiting_.erase(block);
}

void BlockCache::release_until(size_t bytes) {
  const auto waited_longer = [](const auto& a, const auto& b) { return a.second.since < b.second.since; };
  while (waiting_bytes_ > bytes) release(std::min_element(waiting_.begin(), waiting_.end(), waited_longer));
}

BlockCache::Block BlockCache::map(size_t bytes) {
  const auto attempt = [bytes] {
    return ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  void* data = attempt();
  if (data == MAP_FAILED) {
    release_until(0);
    data = attempt();
  }
  if (data == MAP_FAILED) {
    throw EnvironmentError("memory", cat("got a tensor of ", bytes, " bytes beside ", in_use_,
                                         " bytes in use, expected one that the system has room for; a smaller batch "
                                         "takes less, and so does train.memory_budget"));
  }
  return {data, bytes};
}

BlockCache::Block BlockCache::take(size_t asked) {
  const std::scoped_lock lock(mutex_);
  const size_t bytes = rounded(asked);
  Block block;
  if (const auto found = waiting_.lower_bound(bytes); found != waiting_.end() && found->first <= bytes + bytes / 8) {
    block = {found->second.data, found->first};
    waiting_bytes_ -= found->first;
    waiting_.erase(found);
  } else {
    most_now_ = std::max(most_now_, in_use_ + bytes);
    release_until(bound() - in_use_ - bytes);
    block = map(bytes);
  }
  in_use_ += block.bytes;
  most_now_ = std::max(most_now_, in_use_);
  if (++takes_ % kWindow == 0) turn_window();
  return block;
}

size_t BlockCache::bound() const {
  const size_t most = std::max(most_now_, most_before_);
  return most + std::max(most / 4, slack_);
}

void BlockCache::turn_window() {
  most_before_ = std::exchange(most_now_, in_use_);
  release_until(bound() - in_use_);
}

void BlockCache::give_back(Block block) {
  const std::scoped_lock lock(mutex_);
  waiting_.emplace(block.bytes, Waiting{block.data, clock_++});
  waiting_bytes_ += block.bytes;
  in_use_ -= block.bytes;
}

void BlockCache::trim() {
  const std::scoped_lock lock(mutex_);
  release_until(0);
}

size_t BlockCache::in_use() const {
  const std::scoped_lock lock(mutex_);
  return in_use_;
}

size_t BlockCache::held() const {
  const std::scoped_lock lock(mutex_);
  return in_use_ + waiting_bytes_;
}

}  // namespace cairn::train
