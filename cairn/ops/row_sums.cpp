// Four vectors of a row at a time, kept in registers while the rows pass.
#include "cairn/ops/row_sums.h"

// Blocks are arrays of vectors, which instruction sets with vectors of unknown width cannot hold.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/row_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/logistic_pairs.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPairLanes>;
using Vec = hn::Vec<Floats>;

/// Calls block.template at<N>(offset) for N vectors from `offset` on, until `stride` floats are done.
template <class Block>
HWY_INLINE void for_blocks(int64_t stride, const Block& block) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(Floats()));
  int64_t at = 0;
  for (; at + 4 * lanes <= stride; at += 4 * lanes) block.template at<4>(at);
  for (; at < stride; at += lanes) block.template at<1>(at);
}

struct Mean {
  const float* const* rows;
  int64_t count;
  float* out;

  template <int N>
  HWY_INLINE void at(int64_t offset) const {
    const Floats d;
    const auto lanes = hn::Lanes(d);
    Vec sums[N];
    for (int j = 0; j < N; ++j) sums[j] = hn::Zero(d);
    for (int64_t i = 0; i < count; ++i) {
      for (int j = 0; j < N; ++j) sums[j] = hn::Add(sums[j], hn::LoadU(d, rows[i] + offset + j * lanes));
    }
    const Vec scale = hn::Set(d, 1.0f / static_cast<float>(count));
    for (int j = 0; j < N; ++j) hn::StoreU(hn::Mul(sums[j], scale), d, out + offset + j * lanes);
  }
};

struct Blend {
  const RowBlend& blend;
  const float* const* rows;
  int64_t count;
  float* row;

  template <int N>
  HWY_INLINE void at(int64_t offset) const {
    const Floats d;
    const auto lanes = hn::Lanes(d);
    const Vec keep = hn::Set(d, blend.keep), scale = hn::Set(d, blend.scale);
    Vec sums[N];
    for (int j = 0; j < N; ++j) sums[j] = hn::Mul(keep, hn::LoadU(d, row + offset + j * lanes));
    for (int64_t i = 0; i < count; ++i) {
      for (int j = 0; j < N; ++j) {
        sums[j] = hn::Add(sums[j], hn::Mul(scale, hn::LoadU(d, rows[i] + offset + j * lanes)));
      }
    }
    for (int j = 0; j < N; ++j) hn::StoreU(sums[j], d, row + offset + j * lanes);
  }
};

struct Step {
  const RowStep& step;
  float* const* rows;
  int64_t count;

  template <int N>
  HWY_INLINE void at(int64_t offset) const {
    const Floats d;
    const auto lanes = hn::Lanes(d);
    const Vec scale = hn::Set(d, step.scale);
    Vec move[N];
    for (int j = 0; j < N; ++j) move[j] = hn::Mul(scale, hn::LoadU(d, step.step + offset + j * lanes));
    for (int64_t i = 0; i < count; ++i) {
      for (int j = 0; j < N; ++j) {
        float* at = rows[i] + offset + j * lanes;
        hn::StoreU(hn::Add(hn::LoadU(d, at), move[j]), d, at);
      }
    }
  }
};

void mean_of(const float* const* rows, int64_t count, int64_t stride, float* out) {
  for_blocks(stride, Mean{rows, count, out});
}

void blend_into(const RowBlend& blend, const float* const* rows, int64_t count, float* row) {
  for_blocks(blend.stride, Blend{blend, rows, count, row});
}

void add_to(const RowStep& step, float* const* rows, int64_t count) {
  for_blocks(step.stride, Step{step, rows, count});
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(mean_of);
HWY_EXPORT(blend_into);
HWY_EXPORT(add_to);

void mean_of_rows(const float* const* rows, int64_t count, int64_t stride, float* out) {
  HWY_DYNAMIC_DISPATCH(mean_of)(rows, count, stride, out);
}

void blend_rows(const RowBlend& blend, const float* const* rows, int64_t count, float* row) {
  HWY_DYNAMIC_DISPATCH(blend_into)(blend, rows, count, row);
}

void add_to_rows(const RowStep& step, float* const* rows, int64_t count) {
  HWY_DYNAMIC_DISPATCH(add_to)(step, rows, count);
}

}  // namespace cairn::ops
#endif
