#include "cairn/ops/cell_kernels.h"

#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/cell_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/each_vector-inl.h"
#include "cairn/ops/fused_arithmetic-inl.h"
#include "cairn/ops/norm_kernels.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

/// k o before + (1 - k) o after, or `after` where there is no k.
template <class D, class T, class V>
HWY_INLINE V zoned(D d, const T* keep, const T* before, int64_t j, V after) {
  if (keep == nullptr) return after;
  return hn::MulAdd(hn::LoadU(d, keep + j), hn::Sub(hn::LoadU(d, before + j), after), after);
}

/// What of the gradient of a zoned state reaches the new value.
template <class D, class T, class V>
HWY_INLINE V through_zone(D d, const T* keep, int64_t j, V gradient) {
  if (keep == nullptr) return gradient;
  return hn::NegMulAdd(hn::LoadU(d, keep + j), gradient, gradient);
}

/// What of it reaches the old value.
template <class D, class T, class V>
HWY_INLINE V past_zone(D d, const T* keep, int64_t j, V gradient) {
  return keep == nullptr ? hn::Zero(d) : hn::Mul(hn::LoadU(d, keep + j), gradient);
}

/// y (1 - y): the slope of the logistic function.
template <class V>
HWY_INLINE V sigmoid_slope(V y) {
  return hn::NegMulAdd(y, y, y);
}

/// g (1 - y^2)
template <class V>
HWY_INLINE V through_tanh(V g, V y) {
  return hn::NegMulAdd(hn::Mul(y, y), g, g);
}

template <bool kRelu, class T>
void elman_forward(const CellForward<T>& r) {
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto a = hn::Add(hn::LoadU(d, r.x + j), hn::LoadU(d, r.a + j));
    const auto h = kRelu ? hn::IfThenElse(hn::Lt(a, hn::Zero(d)), hn::Zero(d), a) : tanh(d, a);
    hn::StoreU(h, d, r.gates + j);
    hn::StoreU(zoned(d, r.keep_h, r.h, j, h), d, r.h_next + j);
  });
}

template <bool kRelu, class T>
void elman_backward(const CellBackward<T>& r) {
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto dh = hn::LoadU(d, r.dh + j), h = hn::LoadU(d, r.gates + j);
    const auto own = through_zone(d, r.keep_h, j, dh);
    hn::StoreU(past_zone(d, r.keep_h, j, dh), d, r.dh_before + j);
    hn::StoreU(kRelu ? hn::IfThenElseZero(hn::Gt(h, hn::Zero(d)), own) : through_tanh(own, h), d, r.dx + j);
  });
}

/// c' before zoneout, from what was saved.
template <class D, class T>
HWY_INLINE auto new_cell(D d, const T* gates, const T* c, int64_t H, int64_t j) {
  const auto i = hn::LoadU(d, gates + j), f = hn::LoadU(d, gates + H + j), g = hn::LoadU(d, gates + 2 * H + j);
  return hn::MulAdd(f, hn::LoadU(d, c + j), hn::Mul(i, g));
}

template <class T>
std::vector<T>& scratch(int64_t H) {
  thread_local std::vector<T> memory;
  if (static_cast<int64_t>(memory.size()) < 2 * H) memory.resize(static_cast<size_t>(2 * H));
  return memory;
}

/// The normalised cell, and the scale that normalised it.
template <class T>
T normalized_cell(const T* gates, const T* c, int64_t H, T* hat) {
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR { hn::StoreU(new_cell(d, gates, c, H, j), d, hat + j); });
  return normalize(hat, H, hat);
}

template <class Arithmetic, class T>
void lstm_forward(const CellForward<T>& r) {
  const int64_t H = r.H;
  T* hat = r.cell_gain == nullptr ? nullptr : scratch<T>(H).data();
  const auto pre = [&](auto d, int64_t gate, int64_t j)
                       HWY_ATTR { return hn::Add(hn::LoadU(d, r.x + gate * H + j), hn::LoadU(d, r.a + gate * H + j)); };
  const auto peep = [&](auto d, int64_t which, int64_t j, auto a, auto c) HWY_ATTR {
    return r.peepholes == nullptr ? a : Arithmetic::mul_add(d, hn::LoadU(d, r.peepholes + which * H + j), c, a);
  };
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto c = hn::LoadU(d, r.c + j);
    const auto i = sigmoid<Arithmetic>(d, peep(d, 0, j, pre(d, 0, j), c)),
               f = sigmoid<Arithmetic>(d, peep(d, 1, j, pre(d, 1, j), c));
    const auto g = tanh<Arithmetic>(d, pre(d, 2, j));
    const auto fresh = Arithmetic::mul_add(d, f, c, hn::Mul(i, g));
    const auto o = sigmoid<Arithmetic>(d, peep(d, 2, j, pre(d, 3, j), fresh));
    hn::StoreU(i, d, r.gates + j);
    hn::StoreU(f, d, r.gates + H + j);
    hn::StoreU(g, d, r.gates + 2 * H + j);
    hn::StoreU(o, d, r.gates + 3 * H + j);
    if (hat == nullptr) hn::StoreU(zoned(d, r.keep_h, r.h, j, hn::Mul(o, tanh<Arithmetic>(d, fresh))), d, r.h_next + j);
    hn::StoreU(zoned(d, r.keep_c, r.c, j, fresh), d, r.c_next + j);
  });
  if (hat == nullptr) return;
  normalized_cell(r.gates, r.c, H, hat);
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto v = hn::MulAdd(hn::LoadU(d, r.cell_gain + j), hn::LoadU(d, hat + j), hn::LoadU(d, r.cell_bias + j));
    const auto h = hn::Mul(hn::LoadU(d, r.gates + 3 * H + j), tanh<Arithmetic>(d, v));
    hn::StoreU(zoned(d, r.keep_h, r.h, j, h), d, r.h_next + j);
  });
}

/// dfresh = gradient of c' that comes through h' = o tanh(LN(c')), by way of the whole row.
template <class T>
void through_normalized_cell(const CellBackward<T>& r, T* hat, T* dfresh) {
  const T scale = normalized_cell(r.gates, r.c, r.H, hat);
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto gain = hn::LoadU(d, r.cell_gain + j);
    const auto squashed = tanh(d, hn::MulAdd(gain, hn::LoadU(d, hat + j), hn::LoadU(d, r.cell_bias + j)));
    const auto dh = through_zone(d, r.keep_h, j, hn::LoadU(d, r.dh + j));
    const auto dv = through_tanh(hn::Mul(dh, hn::LoadU(d, r.gates + 3 * r.H + j)), squashed);
    hn::StoreU(dv, d, r.dnorm + j);
    hn::StoreU(hn::Mul(dv, gain), d, dfresh + j);
  });
  normalize_backward(dfresh, hat, scale, r.H, dfresh);
}

template <class T>
void lstm_backward(const CellBackward<T>& r) {
  const int64_t H = r.H;
  T* hat = r.cell_gain == nullptr ? nullptr : scratch<T>(H).data();
  T* normed = hat == nullptr ? nullptr : hat + H;
  if (hat != nullptr) through_normalized_cell(r, hat, normed);
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto i = hn::LoadU(d, r.gates + j), f = hn::LoadU(d, r.gates + H + j);
    const auto g = hn::LoadU(d, r.gates + 2 * H + j), o = hn::LoadU(d, r.gates + 3 * H + j);
    const auto c = hn::LoadU(d, r.c + j), dc = hn::LoadU(d, r.dc + j), dh_zoned = hn::LoadU(d, r.dh + j);
    const auto dh = through_zone(d, r.keep_h, j, dh_zoned);
    const auto fresh = hn::MulAdd(f, c, hn::Mul(i, g));
    auto squashed = fresh;
    if (hat == nullptr) {
      squashed = tanh(d, fresh);
    } else {
      squashed =
          tanh(d, hn::MulAdd(hn::LoadU(d, r.cell_gain + j), hn::LoadU(d, hat + j), hn::LoadU(d, r.cell_bias + j)));
    }
    const auto da_o = hn::Mul(hn::Mul(dh, squashed), sigmoid_slope(o));
    auto dfresh = through_zone(d, r.keep_c, j, dc);
    dfresh = hat == nullptr ? hn::Add(dfresh, through_tanh(hn::Mul(dh, o), squashed))
                            : hn::Add(dfresh, hn::LoadU(d, normed + j));
    if (r.peepholes != nullptr) dfresh = hn::MulAdd(da_o, hn::LoadU(d, r.peepholes + 2 * H + j), dfresh);
    const auto da_i = hn::Mul(hn::Mul(dfresh, g), sigmoid_slope(i));
    const auto da_f = hn::Mul(hn::Mul(dfresh, c), sigmoid_slope(f));
    auto before = hn::MulAdd(dfresh, f, past_zone(d, r.keep_c, j, dc));
    if (r.peepholes != nullptr) {
      before = hn::MulAdd(da_i, hn::LoadU(d, r.peepholes + j), before);
      before = hn::MulAdd(da_f, hn::LoadU(d, r.peepholes + H + j), before);
    }
    hn::StoreU(da_i, d, r.dx + j);
    hn::StoreU(da_f, d, r.dx + H + j);
    hn::StoreU(through_tanh(hn::Mul(dfresh, i), g), d, r.dx + 2 * H + j);
    hn::StoreU(da_o, d, r.dx + 3 * H + j);
    hn::StoreU(before, d, r.dc + j);
    hn::StoreU(past_zone(d, r.keep_h, j, dh_zoned), d, r.dh_before + j);
  });
}

/// (1 - z) o n + z o h
template <class V>
HWY_INLINE V blend(V z, V n, V h) {
  return hn::MulAdd(z, hn::Sub(h, n), n);
}

template <class T>
void gru_forward(const CellForward<T>& r) {
  const int64_t H = r.H;
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto reset = sigmoid(d, hn::Add(hn::LoadU(d, r.x + j), hn::LoadU(d, r.a + j)));
    const auto z = sigmoid(d, hn::Add(hn::LoadU(d, r.x + H + j), hn::LoadU(d, r.a + H + j)));
    const auto a_n = hn::LoadU(d, r.a + 2 * H + j);
    const auto n = tanh(d, hn::MulAdd(reset, a_n, hn::LoadU(d, r.x + 2 * H + j)));
    hn::StoreU(reset, d, r.gates + j);
    hn::StoreU(z, d, r.gates + H + j);
    hn::StoreU(n, d, r.gates + 2 * H + j);
    hn::StoreU(a_n, d, r.gates + 3 * H + j);
    hn::StoreU(zoned(d, r.keep_h, r.h, j, blend(z, n, hn::LoadU(d, r.h + j))), d, r.h_next + j);
  });
}

template <class T>
void gru_backward(const CellBackward<T>& r) {
  const int64_t H = r.H;
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto reset = hn::LoadU(d, r.gates + j), z = hn::LoadU(d, r.gates + H + j);
    const auto n = hn::LoadU(d, r.gates + 2 * H + j), dh_zoned = hn::LoadU(d, r.dh + j);
    const auto dh = through_zone(d, r.keep_h, j, dh_zoned);
    const auto dn = through_tanh(hn::NegMulAdd(z, dh, dh), n);
    const auto dr = hn::Mul(hn::Mul(dn, hn::LoadU(d, r.gates + 3 * H + j)), sigmoid_slope(reset));
    const auto dz = hn::Mul(hn::Mul(dh, hn::Sub(hn::LoadU(d, r.h + j), n)), sigmoid_slope(z));
    hn::StoreU(dr, d, r.dx + j);
    hn::StoreU(dz, d, r.dx + H + j);
    hn::StoreU(dn, d, r.dx + 2 * H + j);
    hn::StoreU(dr, d, r.da + j);
    hn::StoreU(dz, d, r.da + H + j);
    hn::StoreU(hn::Mul(dn, reset), d, r.da + 2 * H + j);
    hn::StoreU(hn::MulAdd(dh, z, past_zone(d, r.keep_h, j, dh_zoned)), d, r.dh_before + j);
  });
}

template <class T>
void gru_before_gates_forward(const CellForward<T>& r) {
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto reset = sigmoid(d, hn::Add(hn::LoadU(d, r.x + j), hn::LoadU(d, r.a + j)));
    const auto z = sigmoid(d, hn::Add(hn::LoadU(d, r.x + r.H + j), hn::LoadU(d, r.a + r.H + j)));
    hn::StoreU(reset, d, r.gates + j);
    hn::StoreU(z, d, r.gates + r.H + j);
    hn::StoreU(hn::Mul(reset, hn::LoadU(d, r.h + j)), d, r.reset + j);
  });
}

template <class T>
void gru_before_candidate_forward(const CellForward<T>& r) {
  const int64_t n_at = 2 * r.H;
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto n = tanh(d, hn::Add(hn::LoadU(d, r.x + n_at + j), hn::LoadU(d, r.a + n_at + j)));
    const auto h = blend(hn::LoadU(d, r.gates + r.H + j), n, hn::LoadU(d, r.h + j));
    hn::StoreU(n, d, r.gates + n_at + j);
    hn::StoreU(zoned(d, r.keep_h, r.h, j, h), d, r.h_next + j);
  });
}

template <class T>
void gru_before_candidate_backward(const CellBackward<T>& r) {
  const int64_t H = r.H;
  each_vector<T>(H, [&](auto d, int64_t j) HWY_ATTR {
    const auto z = hn::LoadU(d, r.gates + H + j), n = hn::LoadU(d, r.gates + 2 * H + j);
    const auto dh_zoned = hn::LoadU(d, r.dh + j), dh = through_zone(d, r.keep_h, j, dh_zoned);
    hn::StoreU(hn::Mul(hn::Mul(dh, hn::Sub(hn::LoadU(d, r.h + j), n)), sigmoid_slope(z)), d, r.dx + H + j);
    hn::StoreU(through_tanh(hn::NegMulAdd(z, dh, dh), n), d, r.dx + 2 * H + j);
    hn::StoreU(hn::MulAdd(dh, z, past_zone(d, r.keep_h, j, dh_zoned)), d, r.dh_before + j);
  });
}

template <class T>
void gru_before_gates_backward(const CellBackward<T>& r) {
  each_vector<T>(r.H, [&](auto d, int64_t j) HWY_ATTR {
    const auto reset = hn::LoadU(d, r.gates + j), dreset = hn::LoadU(d, r.dreset + j);
    hn::StoreU(hn::Mul(hn::Mul(dreset, hn::LoadU(d, r.h + j)), sigmoid_slope(reset)), d, r.dx + j);
    hn::StoreU(hn::MulAdd(dreset, reset, hn::LoadU(d, r.dh_before + j)), d, r.dh_before + j);
  });
}

template <class T>
void forward(CellStep step, const CellForward<T>& row) {
  switch (step) {
    case CellStep::elman_tanh:
      return elman_forward<false>(row);
    case CellStep::elman_relu:
      return elman_forward<true>(row);
    case CellStep::lstm:
      return lstm_forward<NativeArithmetic>(row);
    case CellStep::gru:
      return gru_forward(row);
    case CellStep::gru_before_gates:
      return gru_before_gates_forward(row);
    case CellStep::gru_before_candidate:
      return gru_before_candidate_forward(row);
  }
}

template <class T>
void backward(CellStep step, const CellBackward<T>& row) {
  switch (step) {
    case CellStep::elman_tanh:
      return elman_backward<false>(row);
    case CellStep::elman_relu:
      return elman_backward<true>(row);
    case CellStep::lstm:
      return lstm_backward(row);
    case CellStep::gru:
      return gru_backward(row);
    case CellStep::gru_before_gates:
      return gru_before_gates_backward(row);
    case CellStep::gru_before_candidate:
      return gru_before_candidate_backward(row);
  }
}

void forward_float(CellStep step, const CellForward<float>& row) {
  forward(step, row);
}
void forward_double(CellStep step, const CellForward<double>& row) {
  forward(step, row);
}
void exact_lstm(const CellForward<float>& row) {
  lstm_forward<FusedArithmetic>(row);
}
void backward_float(CellStep step, const CellBackward<float>& row) {
  backward(step, row);
}
void backward_double(CellStep step, const CellBackward<double>& row) {
  backward(step, row);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(exact_lstm);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

void cell_forward(CellStep step, const CellForward<float>& row) {
  HWY_DYNAMIC_DISPATCH(forward_float)(step, row);
}
void cell_forward(CellStep step, const CellForward<double>& row) {
  HWY_DYNAMIC_DISPATCH(forward_double)(step, row);
}
void exact_lstm_forward(const CellForward<float>& row) {
  HWY_DYNAMIC_DISPATCH(exact_lstm)(row);
}
void cell_backward(CellStep step, const CellBackward<float>& row) {
  HWY_DYNAMIC_DISPATCH(backward_float)(step, row);
}
void cell_backward(CellStep step, const CellBackward<double>& row) {
  HWY_DYNAMIC_DISPATCH(backward_double)(step, row);
}

}  // namespace cairn::ops
#endif
