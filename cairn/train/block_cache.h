// Large blocks of memory that are kept for the next tensor of their size.
//
// A training step takes and frees the same sizes again and again. The system's heap either gives such blocks back, so
// that each is paid for in page faults again, or keeps them and falls to pieces, so that the process holds several
// times what its tensors do. Here a freed block waits for its like, but all blocks together never hold much more than
// were ever in use at once: before that, those that waited longest go back to the system.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace cairn::train {

class BlockCache {
 public:
  struct Block {
    void* data = nullptr;  ///< at a page's begin
    size_t bytes = 0;      ///< of the whole block, at least those asked for
  };

  /// What may always wait: decoding takes small tensors, of a new size at each step.
  static constexpr size_t kSlack = 64 << 20;

  explicit BlockCache(size_t slack = kSlack) : slack_(slack) {}
  ~BlockCache();
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// Throws EnvironmentError if the system has no more.
  Block take(size_t bytes);
  void give_back(Block block);
  void trim();  ///< gives all that waits back to the system

  size_t in_use() const;
  size_t held() const;  ///< in use and waiting

 private:
  struct Waiting {
    void* data;
    uint64_t since;
  };
  using Blocks = std::multimap<size_t, Waiting>;

  void release(Blocks::iterator block);
  void release_until(size_t bytes);  ///< those that waited longest, until no more than `bytes` wait
  Block map(size_t bytes);
  /// What may be held: a quarter, but at least the slack, more than the most in use within the last window or two of
  /// takes.
  size_t bound() const;
  void turn_window();

  const size_t slack_;
  mutable std::mutex mutex_;
  Blocks waiting_;  // by size
  size_t waiting_bytes_ = 0, in_use_ = 0;
  size_t most_now_ = 0, most_before_ = 0;  // in use at once, in this window of takes and the one before
  uint64_t clock_ = 0, takes_ = 0;
};

}  // namespace cairn::train
