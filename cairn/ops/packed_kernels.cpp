#include "cairn/ops/packed_kernels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/packed_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/fused_arithmetic-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

constexpr int64_t kRows = 6;         // rows a tile takes: with two vectors a row, 12 sums keep the multipliers busy
constexpr int64_t kMostLanes = 256;  // of any instruction set that Highway knows

template <class T>
int64_t panel_width() {
  return 2 * static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

int64_t packed_width(int64_t bytes_of_type) {
  return bytes_of_type == 4 ? panel_width<float>() : panel_width<double>();
}

/// M rows times one panel into `out` [M, out_stride]. Each sum runs over k in ascending order whatever M is.
template <int M, class T>
HWY_INLINE void tile(const PackedJob<T>& job, const T* HWY_RESTRICT x, const T* HWY_RESTRICT panel, T* HWY_RESTRICT out,
                     int64_t out_stride) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto l0 = hn::Zero(d), l1 = l0, l2 = l0, l3 = l0, l4 = l0, l5 = l0;
  auto h0 = l0, h1 = l0, h2 = l0, h3 = l0, h4 = l0, h5 = l0;
  const int64_t inputs = job.inputs, x_stride = job.x_stride, x_step = job.x_step;
  for (int64_t k = 0; k < inputs; ++k, x += x_step) {
    const auto low = hn::LoadU(d, panel + 2 * lanes * k), high = hn::LoadU(d, panel + 2 * lanes * k + lanes);
    const auto add = [&](int64_t row, auto& l, auto& h) HWY_ATTR {
      const auto value = hn::Set(d, x[row * x_stride]);
      l = FusedArithmetic::mul_add(d, value, low, l);
      h = FusedArithmetic::mul_add(d, value, high, h);
    };
    add(0, l0, h0);
    if constexpr (M > 1) add(1, l1, h1);
    if constexpr (M > 2) add(2, l2, h2);
    if constexpr (M > 3) add(3, l3, h3);
    if constexpr (M > 4) add(4, l4, h4);
    if constexpr (M > 5) add(5, l5, h5);
  }
  const auto store = [&](int64_t row, auto l, auto h) HWY_ATTR {
    hn::StoreU(l, d, out + row * out_stride);
    hn::StoreU(h, d, out + row * out_stride + lanes);
  };
  store(0, l0, h0);
  if constexpr (M > 1) store(1, l1, h1);
  if constexpr (M > 2) store(2, l2, h2);
  if constexpr (M > 3) store(3, l3, h3);
  if constexpr (M > 4) store(4, l4, h4);
  if constexpr (M > 5) store(5, l5, h5);
}

template <class T>
void run_tile(const PackedJob<T>& job, int64_t rows, const T* x, const T* panel, T* out, int64_t out_stride) {
  switch (rows) {
    case 1:
      return tile<1>(job, x, panel, out, out_stride);
    case 2:
      return tile<2>(job, x, panel, out, out_stride);
    case 3:
      return tile<3>(job, x, panel, out, out_stride);
    case 4:
      return tile<4>(job, x, panel, out, out_stride);
    case 5:
      return tile<5>(job, x, panel, out, out_stride);
    default:
      return tile<6>(job, x, panel, out, out_stride);
  }
}

/// Columns [column, column + used) of `rows` rows from `sums` [rows, width] to y.
template <class T>
void finish(const PackedJob<T>& job, const T* sums, int64_t width, int64_t row, int64_t rows, int64_t column,
            int64_t used) {
  for (int64_t m = 0; m < rows; ++m) {
    const T* sum = sums + m * width;
    T* y = job.y + (row + m) * job.y_stride + column;
    if (job.accumulate) {
      for (int64_t j = 0; j < used; ++j) y[j] += sum[j];
    } else if (job.bias != nullptr) {
      for (int64_t j = 0; j < used; ++j) y[j] = sum[j] + job.bias[column + j];
    } else {
      std::copy_n(sum, used, y);
    }
  }
}

template <class T>
void multiply(const PackedJob<T>& job, int64_t begin, int64_t end) {
  const int64_t width = panel_width<T>();
  const int64_t groups = (job.rows + kRows - 1) / kRows;
  HWY_ALIGN T sums[kRows * 2 * kMostLanes / sizeof(T)];
  for (int64_t p = begin; p < end; ++p) {
    const int64_t used = std::min(width, job.outputs - p * width);
    for (int64_t g = 0; g < groups; ++g) {  // groups of equal size: 10 rows are 5 + 5, not 6 + 4
      const int64_t row = g * job.rows / groups, rows = (g + 1) * job.rows / groups - row;
      run_tile(job, rows, job.x + row * job.x_stride, job.panels + p * job.inputs * width, sums, width);
      finish(job, sums, width, row, rows, p * width, used);
    }
  }
}

void multiply_float(const PackedJob<float>& job, int64_t begin, int64_t end) {
  multiply(job, begin, end);
}
void multiply_double(const PackedJob<double>& job, int64_t begin, int64_t end) {
  multiply(job, begin, end);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(packed_width);
HWY_EXPORT(multiply_float);
HWY_EXPORT(multiply_double);

int64_t packed_panel_width(int64_t bytes_of_type) {
  return HWY_DYNAMIC_DISPATCH(packed_width)(bytes_of_type);
}
void packed_multiply(const PackedJob<float>& job, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(multiply_float)(job, begin, end);
}
void packed_multiply(const PackedJob<double>& job, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(multiply_double)(job, begin, end);
}

}  // namespace cairn::ops
#endif
