#include "cairn/ops/outer_products.h"

#include <algorithm>

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
  auto l0 = hn::Zero(d), l1 = l0, l2 = l0, l3 = l0, l4 = l0, l5 = l0;
  auto h0 = l0, h1 = l0, h2 = l0, h3 = l0, h4 = l0, h5 = l0;
  for (int64_t r = 0; r < job.rows; ++r) {
    const float* HWY_RESTRICT g = job.g + r * job.g_row + o;
    const float* HWY_RESTRICT u = job.u + r * job.u_row + k;
    for (int64_t c = 0; c < job.columns; ++c, g += job.g_pixel, u += job.u_pixel) {
      const auto low = hn::LoadU(d, u), high = hn::LoadU(d, u + lanes);
      const auto add = [&](int64_t output, auto& l, auto& h) HWY_ATTR {
        const auto value = hn::Set(d, g[output]);
        l = hn::MulAdd(value, low, l);
        h = hn::MulAdd(value, high, h);
      };
      add(0, l0, h0);
      if constexpr (M > 1) add(1, l1, h1);
      if constexpr (M > 2) add(2, l2, h2);
      if constexpr (M > 3) add(3, l3, h3);
      if constexpr (M > 4) add(4, l4, h4);
      if constexpr (M > 5) add(5, l5, h5);
    }
  }
  float sums[32];
  const int64_t used = std::min(2 * lanes, job.inputs - k);
  const auto store = [&](int64_t output, auto l, auto h) HWY_ATTR {
    hn::StoreU(l, d, sums);
    hn::StoreU(h, d, sums + lanes);
    float* out = job.out + (o + output) * job.inputs + k;
    for (int64_t j = 0; j < used; ++j) out[j] += sums[j];
  };
  store(0, l0, h0);
  if constexpr (M > 1) store(1, l1, h1);
  if constexpr (M > 2) store(2, l2, h2);
  if constexpr (M > 3) store(3, l3, h3);
  if constexpr (M > 4) store(4, l4, h4);
  if constexpr (M > 5) store(5, l5, h5);
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
