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
  for (int64_t i = 0; i < r.o.rows; ++i) {
    r.sums[i] = total_of(r.P.data + i * r.P.stride, r.P.columns) + dot(r.q.data + i * r.q.stride, r.z, r.q.columns);
    T* o = r.o.data + i * r.o.stride;
    scaled(o, 1 / std::max(r.sums[i], r.least), o, r.o.columns);
  }
}

template <class T>
void undivided(const UndividedRows<T>& r) {
  const int64_t V = r.o.columns;
  for (int64_t i = 0; i < r.o.rows; ++i) {
    const T* d_o = r.d_o.data + i * r.d_o.stride;
    const T scale = 1 / std::max(r.sums[i], r.least);
    scaled(d_o, scale, r.dn.data + i * r.dn.stride, V);
    const bool held = r.sums[i] < r.least;  // then the sum had no say
    r.ds[i] = held ? T(0) : -scale * dot(d_o, r.o.data + i * r.o.stride, V);
  }
}

template <class T>
void summed(const ColumnSums<T>& c) {
  each_vector<T>(c.a.columns, [&](auto d, int64_t f) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (int64_t i = 0; i < c.a.rows; ++i) {
      const auto x = hn::LoadU(d, c.a.data + i * c.a.stride + f);
      sum = c.w == nullptr ? hn::Add(sum, x) : hn::MulAdd(hn::Set(d, c.w[i]), x, sum);
    }
    T lanes[hn::MaxLanes(d)];
    hn::StoreU(sum, d, lanes);
    for (int64_t k = 0; k < static_cast<int64_t>(hn::Lanes(d)); ++k) c.out[(f + k) * c.stride] = lanes[k];
  });
}

template <class T>
void added(const OuterProduct<T>& p) {
  for (int64_t i = 0; i < p.out.rows; ++i) {
    T* out = p.out.data + i * p.out.stride;
    const T w = p.w == nullptr ? T(1) : p.w[i];
    each_vector<T>(p.out.columns, [&](auto d, int64_t j) HWY_ATTR {
      const auto x = p.row == nullptr ? hn::Set(d, T(1)) : hn::LoadU(d, p.row + j);
      hn::StoreU(hn::MulAdd(hn::Set(d, w), x, hn::LoadU(d, out + j)), d, out + j);
    });
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
void summed_float(const ColumnSums<float>& job) {
  summed(job);
}
void summed_double(const ColumnSums<double>& job) {
  summed(job);
}
void added_float(const OuterProduct<float>& job) {
  added(job);
}
void added_double(const OuterProduct<double>& job) {
  added(job);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(divided_float);
HWY_EXPORT(divided_double);
HWY_EXPORT(undivided_float);
HWY_EXPORT(undivided_double);
HWY_EXPORT(summed_float);
HWY_EXPORT(summed_double);
HWY_EXPORT(added_float);
HWY_EXPORT(added_double);

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
template <>
void sum_columns(const ColumnSums<float>& job) {
  HWY_DYNAMIC_DISPATCH(summed_float)(job);
}
template <>
void sum_columns(const ColumnSums<double>& job) {
  HWY_DYNAMIC_DISPATCH(summed_double)(job);
}
template <>
void add_outer(const OuterProduct<float>& job) {
  HWY_DYNAMIC_DISPATCH(added_float)(job);
}
template <>
void add_outer(const OuterProduct<double>& job) {
  HWY_DYNAMIC_DISPATCH(added_double)(job);
}

}  // namespace cairn::ops
#endif
