#include "cairn/ops/attention_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/attention_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/each_vector-inl.h"
#include "cairn/ops/fused_arithmetic-inl.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

template <class T>
HWY_INLINE T dot_of(const T* HWY_RESTRICT a, const T* HWY_RESTRICT b, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    sum = FusedArithmetic::mul_add(d, hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
  }
  T total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; k < n; ++k) total += a[k] * b[k];
  return total;
}

template <class T>
HWY_INLINE T exponentials(T* weights, int64_t n) {
  const T top = *std::max_element(weights, weights + n);
  each_vector<T>(n, [&](auto tag, int64_t k) HWY_ATTR {
    hn::StoreU(exp(tag, hn::Sub(hn::LoadU(tag, weights + k), hn::Set(tag, top))), tag, weights + k);
  });
  T sum = 0;  // in the order of the keys
  for (int64_t k = 0; k < n; ++k) sum += weights[k];
  return sum;
}

template <class T>
void attend(const AttentionRow<T>& row) {
  for (int64_t s = 0; s < row.keys; ++s)
    row.weights[s] = row.scale * dot_of(row.q, row.k + s * row.k_stride, row.width);
  const T share = 1 / exponentials(row.weights, row.keys);
  for (int64_t s = 0; s < row.keys; ++s) row.weights[s] *= share;
  each_vector<T>(row.width, [&](auto tag, int64_t j) HWY_ATTR {
    auto sum = hn::Zero(tag);
    for (int64_t s = 0; s < row.keys; ++s) {
      const auto weight = hn::Set(tag, row.weights[s]);
      sum = FusedArithmetic::mul_add(tag, weight, hn::LoadU(tag, row.v + s * row.v_stride + j), sum);
    }
    hn::StoreU(sum, tag, row.out + j);
  });
}

void attend_float(const AttentionRow<float>& row) {
  attend(row);
}
void attend_double(const AttentionRow<double>& row) {
  attend(row);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(attend_float);
HWY_EXPORT(attend_double);

void attend_row(const AttentionRow<float>& row) {
  HWY_DYNAMIC_DISPATCH(attend_float)(row);
}
void attend_row(const AttentionRow<double>& row) {
  HWY_DYNAMIC_DISPATCH(attend_double)(row);
}

}  // namespace cairn::ops
#endif
