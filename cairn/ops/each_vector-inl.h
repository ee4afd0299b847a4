// Loops over plain memory, a vector at a time. Compiled anew for each instruction set (so no include guard of the usual
// kind).
#if defined(CAIRN_OPS_EACH_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_OPS_EACH_VECTOR_INL_H_
#undef CAIRN_OPS_EACH_VECTOR_INL_H_
#else
#define CAIRN_OPS_EACH_VECTOR_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// body(d, k) for places 0 .. count - 1: whole vectors first, then one number at a time.
template <class T, class Body>
HWY_INLINE void each_vector(int64_t count, const Body& body) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes) body(d, k);
  for (; k < count; ++k) body(one, k);
}

/// The sum of all of a.
template <class T>
HWY_INLINE T total_of(const T* a, int64_t count) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes) sum = hn::Add(sum, hn::LoadU(d, a + k));
  T rest = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; k < count; ++k) rest += a[k];
  return rest;
}

/// a . b
template <class T>
HWY_INLINE T dot(const T* a, const T* b, int64_t count) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  int64_t k = 0;
  for (; k + lanes <= count; k += lanes) sum = hn::MulAdd(hn::LoadU(d, a + k), hn::LoadU(d, b + k), sum);
  T rest = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; k < count; ++k) rest += a[k] * b[k];
  return rest;
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
