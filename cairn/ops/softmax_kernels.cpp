#include "cairn/ops/softmax_kernels.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/softmax_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/each_vector-inl.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

template <class T>
T largest(const T* logits, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto top = hn::Set(d, -std::numeric_limits<T>::infinity());
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes) top = hn::Max(top, hn::LoadU(d, logits + k));
  T largest = hn::GetLane(hn::MaxOfLanes(d, top));
  for (; k < n; ++k) largest = logits[k] > largest ? logits[k] : largest;
  return largest;
}

template <class T>
T log_sum_exp_of(const T* logits, int64_t n) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const T m = largest(logits, n);
  auto sum0 = hn::Zero(d), sum1 = sum0;
  int64_t k = 0;
  for (; k + 2 * lanes <= n; k += 2 * lanes) {
    sum0 = hn::Add(sum0, exp(d, hn::Sub(hn::LoadU(d, logits + k), hn::Set(d, m))));
    sum1 = hn::Add(sum1, exp(d, hn::Sub(hn::LoadU(d, logits + k + lanes), hn::Set(d, m))));
  }
  T rest = 0;
  for (; k < n; ++k) rest += hn::GetLane(exp(one, hn::Set(one, logits[k] - m)));
  return m + std::log(hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1))) + rest);
}

template <class T>
T mean_of_logits(const T* logits, int64_t n) {
  return total_of(logits, n) / static_cast<T>(n);
}

template <class T>
void softmax_of(T* logits, int64_t n, T total, T scale) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto put = [&](auto tag, int64_t k) HWY_ATTR {
    const auto p = exp(tag, hn::Sub(hn::LoadU(tag, logits + k), hn::Set(tag, total)));
    hn::StoreU(hn::Mul(hn::Set(tag, scale), p), tag, logits + k);
  };
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes) put(d, k);
  for (; k < n; ++k) put(one, k);
}

float log_sum_exp_float(const float* logits, int64_t n) {
  return log_sum_exp_of(logits, n);
}
double log_sum_exp_double(const double* logits, int64_t n) {
  return log_sum_exp_of(logits, n);
}
float mean_float(const float* logits, int64_t n) {
  return mean_of_logits(logits, n);
}
double mean_double(const double* logits, int64_t n) {
  return mean_of_logits(logits, n);
}
void softmax_float(float* logits, int64_t n, float total, float scale) {
  softmax_of(logits, n, total, scale);
}
void softmax_double(double* logits, int64_t n, double total, double scale) {
  softmax_of(logits, n, total, scale);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(log_sum_exp_float);
HWY_EXPORT(log_sum_exp_double);
HWY_EXPORT(mean_float);
HWY_EXPORT(mean_double);
HWY_EXPORT(softmax_float);
HWY_EXPORT(softmax_double);

float log_sum_exp(const float* logits, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(log_sum_exp_float)(logits, n);
}
double log_sum_exp(const double* logits, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(log_sum_exp_double)(logits, n);
}
float mean_of(const float* logits, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(mean_float)(logits, n);
}
double mean_of(const double* logits, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(mean_double)(logits, n);
}
void softmax_from(float* logits, int64_t n, float total, float scale) {
  HWY_DYNAMIC_DISPATCH(softmax_float)(logits, n, total, scale);
}
void softmax_from(double* logits, int64_t n, double total, double scale) {
  HWY_DYNAMIC_DISPATCH(softmax_double)(logits, n, total, scale);
}

}  // namespace cairn::ops
#endif
