#include "cairn/train/memory_meter.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <mutex>
#include <new>

#include <c10/core/CPUAllocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include "cairn/base/memory.h"
#include "cairn/train/block_cache.h"

namespace cairn::train {

namespace {

std::atomic<int64_t> live_bytes{0};
std::atomic<int64_t> peak_bytes{0};

void raise_peak(int64_t value) {
  int64_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (peak < value && !peak_bytes.compare_exchange_weak(peak, value, std::memory_order_relaxed)) {
  }
}

void count(int64_t bytes) {
  raise_peak(live_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes);
}

#ifdef __SANITIZE_ADDRESS__  // only the heap's blocks are watched
constexpr size_t kLargeBlock = SIZE_MAX;
#elif defined(__has_feature)
constexpr size_t kLargeBlock = __has_feature(address_sanitizer) ? SIZE_MAX : 128 << 10;
#else
constexpr size_t kLargeBlock = 128 << 10;
#endif

BlockCache& large_blocks() {
  static auto* cache = new BlockCache;  // tensors may outlive every static object, so must this
  return *cache;
}

/// The sizes stand in front of the data, so that freeing needs no table: LibTorch's kernels free by the address alone.
class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, torch::Device(torch::kCPU)};
    const size_t whole = bytes + sizeof(Header);
    BlockCache::Block block;
    if (whole >= kLargeBlock) {
      block = large_blocks().take(whole);
    } else {
      block.data = c10::alloc_cpu(whole);
    }
    auto* header = new (block.data) Header{bytes, block.bytes};
    count(static_cast<int64_t>(bytes));
    return {header + 1, header + 1, &release, torch::Device(torch::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const override { default_copy_data(to, from, bytes); }

 private:
  struct alignas(64) Header {  // keeps the data at a cache line, as LibTorch aligns them
    size_t bytes;              // asked for
    size_t block;              // of the large block it lies in, or 0
  };

  static void release(void* data) {
    if (data == nullptr) return;
    Header* header = static_cast<Header*>(data) - 1;
    live_bytes.fetch_sub(static_cast<int64_t>(header->bytes), std::memory_order_relaxed);
    if (header->block > 0) {
      large_blocks().give_back({header, header->block});
    } else {
      c10::free_cpu(header);
    }
  }
};

const auto kAll = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);

c10::CachingAllocator::Stat device_stat(torch::Device device) {
  auto* allocator = c10::getDeviceAllocator(device.type());
  if (!allocator->initialized()) return {};
  return allocator->getDeviceStats(std::max<c10::DeviceIndex>(device.index(), 0)).allocated_bytes[kAll];
}

/// Forgets the peak so far.
void reset_peak(torch::Device device) {
  if (device.is_cpu()) {
    peak_bytes.store(live_bytes.load());
  } else if (auto* allocator = c10::getDeviceAllocator(device.type()); allocator->initialized()) {
    allocator->resetPeakStats(std::max<c10::DeviceIndex>(device.index(), 0));
  }
}

}  // namespace

void count_memory() {
  static std::once_flag once;
  std::call_once(once, [] {
    constexpr uint8_t kOverAll = 255;                       // stays, whoever registers an allocator later
    c10::SetCPUAllocator(new CountingAllocator, kOverAll);  // tensors may outlive every static object, so must this
    before_measuring([] { large_blocks().trim(); });
  });
}

MemoryUse memory_use(torch::Device device) {
  if (device.is_cpu()) return {.live = live_bytes, .peak = peak_bytes};
  const auto stat = device_stat(device);
  return {.live = stat.current, .peak = stat.peak};
}

int64_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

PeakMeter::PeakMeter(torch::Device device) : device_(device) {
  restart();
}

PeakMeter::~PeakMeter() {
  if (device_.is_cpu()) raise_peak(outer_peak_);  // other devices cannot be told of an earlier peak
}

int64_t PeakMeter::peak() const {
  return memory_use(device_).peak;
}

void PeakMeter::restart() {
  outer_peak_ = std::max(outer_peak_, memory_use(device_).peak);
  reset_peak(device_);
  before_ = memory_use(device_).live;
}

}  // namespace cairn::train
