#include "cairn/ops/gate_kernels.h"

#include <c10/util/BFloat16.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/gate_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

/// Whole vectors of `Memory` numbers as vectors of the type that is computed with.
template <class Memory>
struct Whole {
  using D = hn::ScalableTag<Memory>;
  static HWY_INLINE hn::Vec<D> load(const Memory* from) { return hn::LoadU(D(), from); }
  static HWY_INLINE void store(hn::Vec<D> v, Memory* to) { hn::StoreU(v, D(), to); }
};
/// A bfloat16 is the upper half of a float; rounding goes to the nearest, halves to the even.
template <>
struct Whole<c10::BFloat16> {
  using D = hn::ScalableTag<float>;
  using Bits = hn::RebindToSigned<D>;
  using Half = hn::Rebind<uint16_t, D>;
  static HWY_INLINE hn::Vec<D> load(const c10::BFloat16* from) {
    const auto half = hn::LoadU(Half(), reinterpret_cast<const uint16_t*>(from));
    return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(Bits(), half)));
  }
  static HWY_INLINE void store(hn::Vec<D> v, c10::BFloat16* to) {
    const hn::RebindToUnsigned<D> du;
    const auto bits = hn::BitCast(du, v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
    const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7FFF))));
    hn::StoreU(hn::DemoteTo(Half(), hn::BitCast(Bits(), rounded)), Half(), reinterpret_cast<uint16_t*>(to));
  }
};

/// The same for the first n numbers of a vector.
template <class Memory>
struct Access {
  using D = typename Whole<Memory>::D;
  using V = hn::Vec<D>;
  using Number = hn::TFromD<D>;
  static constexpr size_t kMostLanes = hn::MaxLanes(D());
  static HWY_INLINE V load(const Memory* from, size_t n) {
    if (HWY_LIKELY(n == hn::Lanes(D()))) return Whole<Memory>::load(from);
    Memory part[kMostLanes] = {};
    std::copy_n(from, n, part);
    return Whole<Memory>::load(part);
  }
  static HWY_INLINE void store(V v, Memory* to, size_t n) {
    if (HWY_LIKELY(n == hn::Lanes(D()))) return Whole<Memory>::store(v, to);
    Memory part[kMostLanes];
    Whole<Memory>::store(v, part);
    std::copy_n(part, n, to);
  }
};

/// body(offset of the half a_f, of y, numbers) for each vector of a pixel.
template <class D, class Body>
HWY_INLINE void each_vector(D d, int64_t channels, int64_t groups, const Body& body) {
  const int64_t half = channels / (2 * groups), lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t g = 0; g < groups; ++g) {
    for (int64_t k = 0; k < half; k += lanes) {
      body(2 * g * half + k, g * half + k, static_cast<size_t>(HWY_MIN(lanes, half - k)), half);
    }
  }
}

template <class T>
HWY_INLINE void forward(const GateRow<T>& row) {
  using A = Access<T>;
  const typename A::D d;
  for (int64_t w = 0; w < row.count; ++w) {
    const T* a = row.a + w * row.a_stride;
    const T* b = row.b == nullptr ? nullptr : row.b + w * row.b_stride;
    T* halves = row.halves == nullptr ? nullptr : row.halves + w * row.channels;
    T* y = row.y + w * row.channels / 2;
    each_vector(d, row.channels, row.groups, [&](int64_t at, int64_t out, size_t n, int64_t half) HWY_ATTR {
      auto f = A::load(a + at, n), g = A::load(a + at + half, n);
      if (b != nullptr) {
        f = hn::Add(f, A::load(b + at, n));
        g = hn::Add(g, A::load(b + at + half, n));
      }
      const auto t = tanh(d, f), s = sigmoid(d, g);
      if (halves != nullptr) {
        A::store(t, halves + at, n);
        A::store(s, halves + at + half, n);
      }
      A::store(hn::Mul(t, s), y + out, n);
    });
  }
}

template <class T>
HWY_INLINE void backward(const GateGradientRow<T>& row) {
  using A = Access<T>;
  const typename A::D d;
  const auto one = hn::Set(d, static_cast<typename A::Number>(1));
  for (int64_t w = 0; w < row.count; ++w) {
    const T* halves = row.halves + w * row.channels;
    const T* dy = row.dy + w * row.dy_stride;
    T* da = row.da + w * row.channels;
    each_vector(d, row.channels, row.groups, [&](int64_t at, int64_t out, size_t n, int64_t half) HWY_ATTR {
      const auto t = A::load(halves + at, n), s = A::load(halves + at + half, n), g = A::load(dy + out, n);
      const auto gs = hn::Mul(g, s);
      A::store(hn::NegMulAdd(hn::Mul(gs, t), t, gs), da + at, n);             // g s (1 - t^2)
      A::store(hn::Mul(hn::Mul(gs, t), hn::Sub(one, s)), da + at + half, n);  // g t s (1 - s)
    });
  }
}

void forward_float(const GateRow<float>& row) {
  forward(row);
}
void forward_double(const GateRow<double>& row) {
  forward(row);
}
void forward_bfloat16(const GateRow<c10::BFloat16>& row) {
  forward(row);
}
void backward_float(const GateGradientRow<float>& row) {
  backward(row);
}
void backward_double(const GateGradientRow<double>& row) {
  backward(row);
}
void backward_bfloat16(const GateGradientRow<c10::BFloat16>& row) {
  backward(row);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(forward_bfloat16);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);
HWY_EXPORT(backward_bfloat16);

template <>
void gate_row(const GateRow<float>& row) {
  HWY_DYNAMIC_DISPATCH(forward_float)(row);
}
template <>
void gate_row(const GateRow<double>& row) {
  HWY_DYNAMIC_DISPATCH(forward_double)(row);
}
template <>
void gate_row(const GateRow<c10::BFloat16>& row) {
  HWY_DYNAMIC_DISPATCH(forward_bfloat16)(row);
}
template <>
void gate_gradient_row(const GateGradientRow<float>& row) {
  HWY_DYNAMIC_DISPATCH(backward_float)(row);
}
template <>
void gate_gradient_row(const GateGradientRow<double>& row) {
  HWY_DYNAMIC_DISPATCH(backward_double)(row);
}
template <>
void gate_gradient_row(const GateGradientRow<c10::BFloat16>& row) {
  HWY_DYNAMIC_DISPATCH(backward_bfloat16)(row);
}

}  // namespace cairn::ops
#endif
