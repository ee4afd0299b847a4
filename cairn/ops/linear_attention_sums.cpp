#include "cairn/ops/linear_attention_sums.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/linear_attention_sums.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/each_vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

/// out = scale * a
template <class T>
HWY_INLINE void scaled(const T* a, T scale, T* out, int64_t count) {
  each_vector<T>(count, [&](auto d, int64_t k) HWY_ATTR {
    const auto x = hn::LoadU(d, a + k);
    hn::StoreU(hn::Mul(hn::Set(d, scale), x), d, out + k);
  });
}

template <class T>
void divided(const DividedRows<T>& r) {
  for (int64_t i = 0; i < r.out.rows; ++i) {
    const T* a = r.a.data + i * r.a.stride;
    r.sums[i] = a[r.out.columns];
    scaled(a, 1 / std::max(r.sums[i], r.least), r.out.data + i * r.out.stride, r.out.columns);
  }
}

template <class T>
void undivided(const UndividedRows<T>& r) {
  const int64_t V = r.o.columns;
  for (int64_t i = 0; i < r.o.rows; ++i) {
    const T* d_o = r.d_o.data + i * r.d_o.stride;
    T* out = r.out.data + i * r.out.stride;
    const T scale = 1 / std::max(r.sums[i], r.least);
    scaled(d_o, scale, out, V);
    const bool held = r.sums[i] < r.least;  // then the sum had no say
    out[V] = held ? T(0) : -scale * dot(d_o, r.o.data + i * r.o.stride, V);
  }
}

void divided_float(const DividedRows<float>& job) {
  divided(job);
}
void divided_double(const DividedRows<double>& job) {
  divided(job);
}
void undivided_float(const UndividedRows<float>& job) {
  undivided(job);
}
void undivided_double(const UndividedRows<double>& job) {
  undivided(job);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(divided_float);
HWY_EXPORT(divided_double);
HWY_EXPORT(undivided_float);
HWY_EXPORT(undivided_double);

template <>
void divide_rows(const DividedRows<float>& job) {
  HWY_DYNAMIC_DISPATCH(divided_float)(job);
}
template <>
void divide_rows(const DividedRows<double>& job) {
  HWY_DYNAMIC_DISPATCH(divided_double)(job);
}
template <>
void undivide_rows(const UndividedRows<float>& job) {
  HWY_DYNAMIC_DISPATCH(undivided_float)(job);
}
template <>
void undivide_rows(const UndividedRows<double>& job) {
  HWY_DYNAMIC_DISPATCH(undivided_double)(job);
}

}  // namespace cairn::ops
#endif
