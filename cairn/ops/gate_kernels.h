// The gated activation on plain memory: one pixel's channels at a time.
#pragma once

#include <cstdint>

namespace cairn::ops {

/// `count` pixels of a row, `a_stride`, `b_stride` and so on numbers apart; 2 P = `channels` numbers a pixel.
template <class T>
struct GateRow {
  const T* a;
  const T* b;  ///< or null
  T* halves;   ///< tanh and sigma [count, 2 P], dense; null if not wanted
  T* y;        ///< [count, P], dense
  int64_t a_stride, b_stride, count, channels, groups;
};

template <class T>
struct GateGradientRow {
  const T* halves;  ///< [count, 2 P], dense
  const T* dy;
  T* da;  ///< [count, 2 P], dense
  int64_t dy_stride, count, channels, groups;
};

/// T: float, double or c10::BFloat16, which is computed with in float.
template <class T>
void gate_row(const GateRow<T>& row);
template <class T>
void gate_gradient_row(const GateGradientRow<T>& row);

}  // namespace cairn::ops
