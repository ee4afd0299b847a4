#include "cairn/ops/feature_map_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/feature_map_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

#include "cairn/ops/each_vector-inl.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

/// NaN stays NaN, so that a diverged run is noticed.
template <class D, class V>
HWY_INLINE V positive(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
}

template <class D, class V>
HWY_INLINE V elu(D d, V x) {
  const auto one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), exp(d, x), hn::Add(positive(d, x), one));
}

/// max(0, x) + log(1 + e^-|x|), which no x over- or underflows.
template <class D, class V>
HWY_INLINE V softplus(D d, V x) {
  return hn::Add(positive(d, x), hn::CallLog1p(d, exp(d, hn::Neg(hn::Abs(x)))));
}

template <class D, class V>
HWY_INLINE V mapped(D d, V x, FeatureMap map) {
  switch (map) {
    case FeatureMap::elu:
      return elu(d, x);
    case FeatureMap::relu:
      return positive(d, x);
    case FeatureMap::squared_relu:
      return hn::Mul(positive(d, x), positive(d, x));
    case FeatureMap::exp:
      return hn::IfThenElse(hn::IsNaN(x), x, exp(d, x));
    case FeatureMap::sigmoid:
      return sigmoid(d, x);
    case FeatureMap::softplus:
      break;
  }
  return softplus(d, x);
}

/// phi' from phi: elu e^x = phi below 0 and 1 above; relu 0 or 1; squared 2 x = 2 sqrt(phi); softplus sigma(x), which
/// is 1 - e^-phi.
template <class D, class V>
HWY_INLINE V slope(D d, V phi, FeatureMap map) {
  const auto one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  switch (map) {
    case FeatureMap::elu:
      return hn::Min(phi, one);
    case FeatureMap::relu:
      return hn::IfThenElseZero(hn::Gt(phi, hn::Zero(d)), one);
    case FeatureMap::squared_relu:
      return hn::Mul(hn::Set(d, static_cast<hn::TFromD<D>>(2)), hn::Sqrt(phi));
    case FeatureMap::exp:
      return phi;
    case FeatureMap::sigmoid:
      return hn::Mul(phi, hn::Sub(one, phi));
    case FeatureMap::softplus:
      break;
  }
  return hn::Neg(hn::CallExpm1(d, hn::Neg(phi)));
}

template <class T>
void forward(const MapElements<T>& job) {
  each_vector<T>(job.count, [&](auto d, int64_t k)
                                HWY_ATTR { hn::StoreU(mapped(d, hn::LoadU(d, job.x + k), job.map), d, job.phi + k); });
}

template <class T>
void backward(const MapGradient<T>& job) {
  each_vector<T>(job.count, [&](auto d, int64_t k) HWY_ATTR {
    const auto g = hn::Mul(slope(d, hn::LoadU(d, job.phi + k), job.map), hn::LoadU(d, job.d_phi + k));
    hn::StoreU(g, d, job.dx + k);
  });
}

void forward_float(const MapElements<float>& job) {
  forward(job);
}
void forward_double(const MapElements<double>& job) {
  forward(job);
}
void backward_float(const MapGradient<float>& job) {
  backward(job);
}
void backward_double(const MapGradient<double>& job) {
  backward(job);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

template <>
void map_elements(const MapElements<float>& job) {
  HWY_DYNAMIC_DISPATCH(forward_float)(job);
}
template <>
void map_elements(const MapElements<double>& job) {
  HWY_DYNAMIC_DISPATCH(forward_double)(job);
}
template <>
void map_gradient(const MapGradient<float>& job) {
  HWY_DYNAMIC_DISPATCH(backward_float)(job);
}
template <>
void map_gradient(const MapGradient<double>& job) {
  HWY_DYNAMIC_DISPATCH(backward_double)(job);
}

}  // namespace cairn::ops
#endif
