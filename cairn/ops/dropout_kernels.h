// Dropout over plain memory: y = x m / (1 - p), with m from Philox by each number's place alone.
#pragma once

#include <array>
#include <cstdint>

#include <c10/util/BFloat16.h>

namespace cairn::ops {

constexpr int64_t kDropoutLanes = 16;                 // counters in a row, of which each gives four words
constexpr int64_t kDropoutBlock = 4 * kDropoutLanes;  // numbers whose words are made together

/// Number i, of block c = i / 64 at r = i % 64, is kept if word r / 16 of counter 16 c + r % 16 is at least `least`.
struct DropoutMask {
  std::array<uint32_t, 2> key;
  uint32_t least = 0;  ///< p 2^32, rounded up
  float scale = 1;     ///< 1 / (1 - p)
};

/// Numbers first .. last - 1 of x; `first` begins a block. y may be x.
void drop(const float* x, float* y, int64_t first, int64_t last, const DropoutMask& mask);
void drop(const double* x, double* y, int64_t first, int64_t last, const DropoutMask& mask);
void drop(const c10::BFloat16* x, c10::BFloat16* y, int64_t first, int64_t last, const DropoutMask& mask);

}  // namespace cairn::ops
