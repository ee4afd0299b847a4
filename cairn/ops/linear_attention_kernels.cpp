#include "cairn/ops/linear_attention_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/linear_attention_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/each_vector-inl.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

template <class T>
void scales(const Matrix<const T>& log, Seen seen, const Matrix<T>& out) {
  each_vector<T>(log.columns, [&](auto d, int64_t f) HWY_ATTR {
    auto sum = hn::Zero(d);
    if (seen == Seen::from_before) {
      for (int64_t i = 0; i < log.rows; ++i) {
        sum = hn::Add(sum, hn::LoadU(d, log.data + i * log.stride + f));
        hn::StoreU(exp(d, sum), d, out.data + i * out.stride + f);
      }
    } else {
      for (int64_t i = log.rows; i-- > 0;) {
        hn::StoreU(exp(d, sum), d, out.data + i * out.stride + f);
        sum = hn::Add(sum, hn::LoadU(d, log.data + i * log.stride + f));
      }
    }
  });
}

template <class T>
void elementwise(const Elementwise<T>& e) {
  each_vector<T>(e.count, [&](auto d, int64_t k) HWY_ATTR {
    const auto a = hn::LoadU(d, e.a + k), b = hn::LoadU(d, e.b + k);
    hn::StoreU(e.add ? hn::MulAdd(a, b, hn::LoadU(d, e.out + k)) : hn::Mul(a, b), d, e.out + k);
  });
}

template <class T>
void scaled_rows(const ScaledRows<T>& r) {
  for (int64_t i = 0; i < r.a.rows; ++i) {
    const T* a = r.a.data + i * r.a.stride;
    T* out = r.out.data + i * r.out.stride;
    const T scale = r.scale == nullptr ? T(1) : r.scale[i];
    each_vector<T>(r.a.columns, [&](auto d, int64_t k) HWY_ATTR {
      const auto x = hn::LoadU(d, a + k), s = hn::Set(d, scale);
      hn::StoreU(r.add ? hn::MulAdd(s, x, hn::LoadU(d, out + k)) : hn::Mul(s, x), d, out + k);
    });
  }
}

template <class T>
void dots(const Matrix<const T>& a, const Matrix<const T>& b, T* out) {
  for (int64_t i = 0; i < a.rows; ++i) out[i] = dot(a.data + i * a.stride, b.data + i * b.stride, a.columns);
}

/// Differences are taken in double: b may be large where neighbours hardly differ.
template <class T>
void decayed(const Matrix<T>& P, const double* b) {
  for (int64_t i = 0; i < P.rows; ++i) {
    T* row = P.data + i * P.stride;
    std::fill(row + i + 1, row + P.columns, T(0));
    if (b == nullptr) continue;
    constexpr int64_t kRun = 64;
    T log[kRun];
    for (int64_t from = 0; from <= i; from += kRun) {
      const int64_t count = std::min(kRun, i + 1 - from);
      for (int64_t j = 0; j < count; ++j) log[j] = static_cast<T>(b[i] - b[from + j]);
      each_vector<T>(count, [&](auto d, int64_t j) HWY_ATTR {
        hn::StoreU(hn::Mul(exp(d, hn::LoadU(d, log + j)), hn::LoadU(d, row + from + j)), d, row + from + j);
      });
    }
  }
}

template <class T>
void log_gradient(const LogDecayGradient<T>& g) {
  const int64_t n = g.q.rows, K = g.q.columns;
  each_vector<T>(K, [&](auto d, int64_t f) HWY_ATTR {
    auto sum = hn::LoadU(d, g.end + f);
    for (int64_t i = n; i-- > 0;) {
      const int64_t at = i * K + f;
      const auto read = hn::Mul(hn::LoadU(d, g.q.data + at), hn::LoadU(d, g.dq.data + at));
      const auto written = hn::Mul(hn::LoadU(d, g.k.data + at), hn::LoadU(d, g.dk.data + at));
      sum = hn::Add(sum, hn::Sub(read, written));
      hn::StoreU(sum, d, g.out + at);
    }
  });
}

/// x(i, :) -= sum over the rows j of [begin, end) of L(i, j) x(j, :); transposed, of L(j, i) x(j, :).
template <class T>
HWY_INLINE void subtract_rows(const UnitTriangularSolve<T>& s, int64_t i, int64_t begin, int64_t end) {
  const T* L = s.transposed ? s.L.data + i : s.L.data + i * s.L.stride;
  const int64_t step = s.transposed ? s.L.stride : 1;
  each_vector<T>(s.x.columns, [&](auto d, int64_t k) HWY_ATTR {
    T* column = s.x.data + k;
    auto sum = hn::LoadU(d, column + i * s.x.stride);
    for (int64_t j = begin; j < end; ++j) {
      sum = hn::NegMulAdd(hn::Set(d, L[j * step]), hn::LoadU(d, column + j * s.x.stride), sum);
    }
    hn::StoreU(sum, d, column + i * s.x.stride);
  });
}

template <class T>
void solved(const UnitTriangularSolve<T>& s) {
  const int64_t n = s.x.rows;
  if (s.transposed) {
    for (int64_t i = n; i-- > 0;) subtract_rows(s, i, i + 1, n);
  } else {
    for (int64_t i = 0; i < n; ++i) subtract_rows(s, i, 0, i);
  }
}

/// What a key reads, subtracted from the value that is to stand there: u = beta (v - S^T k).
template <class T>
HWY_INLINE void correction(const AttentionStep<T>& s) {
  each_vector<T>(s.V, [&](auto d, int64_t j) HWY_ATTR {
    auto read = hn::Zero(d);
    for (int64_t f = 0; f < s.K; ++f) read = hn::MulAdd(hn::Set(d, s.k[f]), hn::LoadU(d, s.S + f * s.V + j), read);
    const auto u = hn::Mul(hn::Set(d, *s.beta), hn::Sub(hn::LoadU(d, s.v + j), read));
    hn::StoreU(u, d, s.scratch + j);
  });
}

template <class T>
void step(const AttentionStep<T>& s) {
  if (s.beta != nullptr) correction(s);
  const T* v = s.beta != nullptr ? s.scratch : s.v;
  each_vector<T>(s.V, [&](auto d, int64_t j) HWY_ATTR {
    const auto value = hn::LoadU(d, v + j);
    auto read = hn::Zero(d);
    for (int64_t f = 0; f < s.K; ++f) {
      T* place = s.S + f * s.V + j;
      auto old = hn::LoadU(d, place);
      if (s.decay != nullptr) old = hn::Mul(hn::Set(d, s.decay[f]), old);
      const auto now = hn::MulAdd(hn::Set(d, s.k[f]), value, old);
      hn::StoreU(now, d, place);
      read = hn::MulAdd(hn::Set(d, s.q[f]), now, read);
    }
    hn::StoreU(read, d, s.o + j);
  });
}

#define CAIRN_FOR_TYPE(T, name)                                                     \
  void scales_##name(const Matrix<const T>& log, Seen seen, const Matrix<T>& out) { \
    scales(log, seen, out);                                                         \
  }                                                                                 \
  void elementwise_##name(const Elementwise<T>& job) {                              \
    elementwise(job);                                                               \
  }                                                                                 \
  void scaled_rows_##name(const ScaledRows<T>& job) {                               \
    scaled_rows(job);                                                               \
  }                                                                                 \
  void dots_##name(const Matrix<const T>& a, const Matrix<const T>& b, T* out) {    \
    dots(a, b, out);                                                                \
  }                                                                                 \
  void decayed_##name(const Matrix<T>& P, const double* b) {                        \
    decayed(P, b);                                                                  \
  }                                                                                 \
  void log_gradient_##name(const LogDecayGradient<T>& job) {                        \
    log_gradient(job);                                                              \
  }                                                                                 \
  void solved_##name(const UnitTriangularSolve<T>& job) {                           \
    solved(job);                                                                    \
  }                                                                                 \
  void step_##name(const AttentionStep<T>& job) {                                   \
    step(job);                                                                      \
  }
CAIRN_FOR_TYPE(float, float)
CAIRN_FOR_TYPE(double, double)
#undef CAIRN_FOR_TYPE

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

#define CAIRN_FOR_TYPE(T, name)                                                    \
  HWY_EXPORT(scales_##name);                                                       \
  HWY_EXPORT(elementwise_##name);                                                  \
  HWY_EXPORT(scaled_rows_##name);                                                  \
  HWY_EXPORT(dots_##name);                                                         \
  HWY_EXPORT(decayed_##name);                                                      \
  HWY_EXPORT(log_gradient_##name);                                                 \
  HWY_EXPORT(solved_##name);                                                       \
  HWY_EXPORT(step_##name);                                                         \
  template <>                                                                      \
  void decay_scales(const Matrix<const T>& log, Seen seen, const Matrix<T>& out) { \
    HWY_DYNAMIC_DISPATCH(scales_##name)(log, seen, out);                           \
  }                                                                                \
  template <>                                                                      \
  void multiply_elements(const Elementwise<T>& job) {                              \
    HWY_DYNAMIC_DISPATCH(elementwise_##name)(job);                                 \
  }                                                                                \
  template <>                                                                      \
  void scale_rows(const ScaledRows<T>& job) {                                      \
    HWY_DYNAMIC_DISPATCH(scaled_rows_##name)(job);                                 \
  }                                                                                \
  template <>                                                                      \
  void row_dots(const Matrix<const T>& a, const Matrix<const T>& b, T* out) {      \
    HWY_DYNAMIC_DISPATCH(dots_##name)(a, b, out);                                  \
  }                                                                                \
  template <>                                                                      \
  void decay_lower(const Matrix<T>& P, const double* b) {                          \
    HWY_DYNAMIC_DISPATCH(decayed_##name)(P, b);                                    \
  }                                                                                \
  template <>                                                                      \
  void log_decay_gradient(const LogDecayGradient<T>& job) {                        \
    HWY_DYNAMIC_DISPATCH(log_gradient_##name)(job);                                \
  }                                                                                \
  template <>                                                                      \
  void solve(const UnitTriangularSolve<T>& job) {                                  \
    HWY_DYNAMIC_DISPATCH(solved_##name)(job);                                      \
  }                                                                                \
  template <>                                                                      \
  void attention_step(const AttentionStep<T>& step) {                              \
    HWY_DYNAMIC_DISPATCH(step_##name)(step);                                       \
  }
CAIRN_FOR_TYPE(float, float)
CAIRN_FOR_TYPE(double, double)
#undef CAIRN_FOR_TYPE

}  // namespace cairn::ops
#endif
