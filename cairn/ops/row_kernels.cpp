// Elementwise functions need only correctly rounded steps to be the same everywhere; sums also need a fixed order, so
// 64 partial sums are kept whatever the width of a vector. No product here is added by a separate instruction:
// compilers could fuse the two on one machine and not on another.
#include "cairn/ops/row_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/row_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/fused_arithmetic-inl.h"
#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

using Floats = hn::CappedTag<float, 16>;  // 16 at most, so that four vectors never hold more than the partial sums

constexpr int64_t kSums = 64;

/// Adds the products of elements [0, n) to the partial sums; n is a multiple of 64.
void add_products(const float* a, const float* b, int64_t n, float* sums) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t first = 0; first < kSums; first += 4 * lanes) {
    auto s0 = hn::LoadU(d, sums + first), s1 = hn::LoadU(d, sums + first + lanes);
    auto s2 = hn::LoadU(d, sums + first + 2 * lanes), s3 = hn::LoadU(d, sums + first + 3 * lanes);
    for (int64_t k = first; k < n; k += kSums) {
      const auto add = [&](auto sum, int64_t at) HWY_ATTR {
        return FusedArithmetic::mul_add(d, hn::LoadU(d, a + at), hn::LoadU(d, b + at), sum);
      };
      s0 = add(s0, k);
      s1 = add(s1, k + lanes);
      s2 = add(s2, k + 2 * lanes);
      s3 = add(s3, k + 3 * lanes);
    }
    hn::StoreU(s0, d, sums + first);
    hn::StoreU(s1, d, sums + first + lanes);
    hn::StoreU(s2, d, sums + first + 2 * lanes);
    hn::StoreU(s3, d, sums + first + 3 * lanes);
  }
}

/// Elements [from, n), fewer than 64, with zeros behind them.
struct Tail {
  Tail(const float* a, int64_t from, int64_t n) { std::copy(a + from, a + n, values); }
  float values[kSums] = {};
};

void dot_each(const float* rows, int64_t count, int64_t stride, const float* h, int64_t n, float* out) {
  const int64_t whole = n / kSums * kSums;
  const Tail h_tail(h, whole, n);
  for (int64_t r = 0; r < count; ++r) {
    const float* row = rows + r * stride;
    float sums[kSums] = {};
    add_products(row, h, whole, sums);
    if (whole < n) add_products(Tail(row, whole, n).values, h_tail.values, kSums, sums);
    for (int64_t half = kSums / 2; half > 0; half /= 2) {
      for (int64_t j = 0; j < half; ++j) sums[j] += sums[j + half];
    }
    out[r] = sums[0];
  }
}

void sigmoid_each(const float* a, float* h, int64_t n) {
  const Floats d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), whole = n / lanes * lanes;
  for (int64_t k = 0; k < whole; k += lanes) hn::StoreU(sigmoid<FusedArithmetic>(d, hn::LoadU(d, a + k)), d, h + k);
  if (whole == n) return;
  Tail tail(a, whole, n);
  hn::StoreU(sigmoid<FusedArithmetic>(d, hn::LoadU(d, tail.values)), d, tail.values);
  std::copy_n(tail.values, n - whole, h + whole);
}

void gate_each(const float* a, float* h, int64_t n) {
  const Floats d;
  const auto gated = [&](const float* at, const float* beside) HWY_ATTR {
    return hn::Mul(tanh<FusedArithmetic>(d, hn::LoadU(d, at)), sigmoid<FusedArithmetic>(d, hn::LoadU(d, beside)));
  };
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), whole = n / lanes * lanes;
  for (int64_t k = 0; k < whole; k += lanes) hn::StoreU(gated(a + k, a + n + k), d, h + k);
  if (whole == n) return;
  Tail tail(a, whole, n);
  const Tail beside(a + n, whole, n);
  hn::StoreU(gated(tail.values, beside.values), d, tail.values);
  std::copy_n(tail.values, n - whole, h + whole);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(dot_each);
HWY_EXPORT(sigmoid_each);
HWY_EXPORT(gate_each);

float dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
  dot_rows(a, 1, n, b, n, &sum);
  return sum;
}

void dot_rows(const float* rows, int64_t count, int64_t stride, const float* h, int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(dot_each)(rows, count, stride, h, n, out);
}

void sigmoid(const float* a, float* h, int64_t n) {
  HWY_DYNAMIC_DISPATCH(sigmoid_each)(a, h, n);
}

void gate(const float* a, float* h, int64_t n) {
  HWY_DYNAMIC_DISPATCH(gate_each)(a, h, n);
}

void add_row(float* a, const float* w, int64_t n) {
  for (int64_t k = 0; k < n; ++k) a[k] += w[k];
}

void relu(const float* a, float* h, int64_t n) {
  for (int64_t k = 0; k < n; ++k) h[k] = a[k] < 0 ? 0 : a[k];
}

}  // namespace cairn::ops
#endif
