#include "cairn/ops/outer_products.h"

#include <algorithm>

// Tiles are arrays of vectors, which instruction sets with vectors of unknown width cannot hold.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/outer_products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, 16>;
constexpr int64_t kOutputs = 6;  // of a tile: with two vectors of inputs, 12 sums keep the multipliers busy

/// M outputs from `o` and two vectors of inputs from `k`, over all pixels; the sums stay in registers.
template <int M>
void tile(const OuterProducts& job, int64_t o, int64_t k) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<Floats> low_sums[M], high_sums[M];
  for (int m = 0; m < M; ++m) low_sums[m] = high_sums[m] = hn::Zero(d);
  for (int64_t r = 0; r < job.rows; ++r) {
    const float* HWY_RESTRICT g = job.g + r * job.g_row + o;
    const float* HWY_RESTRICT u = job.u + r * job.u_row + k;
    for (int64_t c = 0; c < job.columns; ++c, g += job.g_pixel, u += job.u_pixel) {
      const auto low = hn::LoadU(d, u), high = hn::LoadU(d, u + lanes);
      for (int m = 0; m < M; ++m) {
        const auto value = hn::Set(d, g[m]);
        low_sums[m] = hn::MulAdd(value, low, low_sums[m]);
        high_sums[m] = hn::MulAdd(value, high, high_sums[m]);
      }
    }
  }
  float sums[32];
  const int64_t used = std::min(2 * lanes, job.inputs - k);
  for (int m = 0; m < M; ++m) {
    hn::StoreU(low_sums[m], d, sums);
    hn::StoreU(high_sums[m], d, sums + lanes);
    float* out = job.out + (o + m) * job.inputs + k;
    for (int64_t j = 0; j < used; ++j) out[j] += sums[j];
  }
}

void outer_products(const OuterProducts& job) {
  const int64_t step = 2 * static_cast<int64_t>(hn::Lanes(Floats())), groups = (job.outputs + kOutputs - 1) / kOutputs;
  for (int64_t k = 0; k < job.inputs; k += step) {
    for (int64_t group = 0; group < groups; ++group) {  // of equal size: 32 are 6 times 5 or 6, not 5 times 6 and 2
      const int64_t o = group * job.outputs / groups, count = (group + 1) * job.outputs / groups - o;
      constexpr void (*kTiles[])(const OuterProducts&, int64_t, int64_t) = {tile<1>, tile<2>, tile<3>,
                                                                            tile<4>, tile<5>, tile<6>};
      kTiles[count - 1](job, o, k);
    }
  }
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(outer_products);

void add_outer_products(const OuterProducts& job) {
  HWY_DYNAMIC_DISPATCH(outer_products)(job);
}

int64_t outer_slack() {
  return 32;
}

}  // namespace cairn::ops
#endif
