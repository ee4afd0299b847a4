// Bytes that tensors hold, counted exactly at LibTorch's allocator, and the resident set beside them.
#pragma once

#include <torch/types.h>

namespace cairn::train {

struct MemoryUse {
  int64_t live = 0;  ///< bytes that tensors hold now
  int64_t peak = 0;  ///< the most they ever held at once
};

/// Starts counting what LibTorch allocates on the CPU, for the whole process and to its end; tensors made before are
/// not seen. Large tensors come from a block_cache.h of the process from then on. Later calls do nothing. Other devices
/// count by themselves.
void count_memory();

/// What tensors on `device` hold; cheap enough for every step. On the CPU zero before count_memory.
MemoryUse memory_use(torch::Device device = torch::kCPU);

/// Bytes of the process that lie in memory, as the system counts them.
int64_t resident_memory();

/// Measures the peak of a stretch of code; may be nested.
class PeakMeter {
 public:
  explicit PeakMeter(torch::Device device = torch::kCPU);
  ~PeakMeter();
  PeakMeter(const PeakMeter&) = delete;
  PeakMeter& operator=(const PeakMeter&) = delete;

  int64_t before() const { return before_; }  ///< bytes live when it began
  int64_t peak() const;                       ///< most bytes live at once since then
  /// Begins anew from here.
  void restart();

 private:
  torch::Device device_;
  int64_t before_ = 0;
  int64_t outer_peak_ = 0;
};

}  // namespace cairn::train
