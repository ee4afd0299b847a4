#include "cairn/ops/dropout_kernels.h"

#include <algorithm>
#include <bit>

#include "cairn/base/random.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/dropout_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

/// Sixteen Philox blocks side by side, as arrays of which the compiler makes this target's vectors: words[w][lane] of
/// counter 16 block + lane.
HWY_INLINE void make_words(uint64_t block, std::array<uint32_t, 2> key, uint32_t (&words)[4][kDropoutLanes]) {
  for (uint64_t lane = 0; lane < kDropoutLanes; ++lane) {
    const uint64_t counter = block * kDropoutLanes + lane;
    words[0][lane] = static_cast<uint32_t>(counter);
    words[1][lane] = static_cast<uint32_t>(counter >> 32);
    words[2][lane] = words[3][lane] = 0;
  }
  for (int round = 0; round < kPhiloxRounds; ++round) {
    for (int64_t lane = 0; lane < kDropoutLanes; ++lane) {
      philox_round(words[0][lane], words[1][lane], words[2][lane], words[3][lane], key);
    }
    key = next_philox_key(key);
  }
}

HWY_INLINE float scaled(float x, float scale) {
  return x * scale;
}
HWY_INLINE double scaled(double x, float scale) {
  return x * static_cast<double>(scale);
}
/// To the nearest, ties to even; a bfloat16's NaN has no bits that rounding could carry.
HWY_INLINE uint16_t scaled(uint16_t x, float scale) {
  const auto bits = std::bit_cast<uint32_t>(std::bit_cast<float>(static_cast<uint32_t>(x) << 16) * scale);
  return static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

template <class T>
HWY_INLINE void drop_all(const T* x, T* y, int64_t first, int64_t last, const DropoutMask& mask) {
  uint32_t words[4][kDropoutLanes];
  for (int64_t at = first; at < last; at += kDropoutBlock) {
    make_words(static_cast<uint64_t>(at / kDropoutBlock), mask.key, words);
    const uint32_t* word = words[0];
    const int64_t n = std::min(kDropoutBlock, last - at);
    for (int64_t i = 0; i < n; ++i) y[at + i] = word[i] >= mask.least ? scaled(x[at + i], mask.scale) : T(0);
  }
}

void drop_float(const float* x, float* y, int64_t first, int64_t last, const DropoutMask& mask) {
  drop_all(x, y, first, last, mask);
}
void drop_double(const double* x, double* y, int64_t first, int64_t last, const DropoutMask& mask) {
  drop_all(x, y, first, last, mask);
}
void drop_bf16(const uint16_t* x, uint16_t* y, int64_t first, int64_t last, const DropoutMask& mask) {
  drop_all(x, y, first, last, mask);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(drop_float);
HWY_EXPORT(drop_double);
HWY_EXPORT(drop_bf16);

void drop(const float* x, float* y, int64_t first, int64_t last, const DropoutMask& mask) {
  HWY_DYNAMIC_DISPATCH(drop_float)(x, y, first, last, mask);
}
void drop(const double* x, double* y, int64_t first, int64_t last, const DropoutMask& mask) {
  HWY_DYNAMIC_DISPATCH(drop_double)(x, y, first, last, mask);
}
void drop(const c10::BFloat16* x, c10::BFloat16* y, int64_t first, int64_t last, const DropoutMask& mask) {
  HWY_DYNAMIC_DISPATCH(drop_bf16)(&x->x, &y->x, first, last, mask);
}

}  // namespace cairn::ops
#endif  // HWY_ONCE
