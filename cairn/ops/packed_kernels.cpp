#include "cairn/ops/packed_kernels.h"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/packed_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/fused_arithmetic-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

// A tile is six rows of a panel: with two vectors a row, 12 sums keep the multipliers busy and fit into 16 registers. A
// piece of a panel stays in the first cache while a block of rows, laid out in tiles, passes over it from the second.
constexpr int64_t kRows = 6;
constexpr int64_t kBlockGroups = 16;  // tiles of a block of rows, at most
constexpr int64_t kPanelBytes = 16 << 10, kBlockBytes = 128 << 10;
constexpr int64_t kFewPanels = 3;    // for fewer, laying rows out costs more than it brings
constexpr int64_t kMostLanes = 256;  // bytes of a vector of any instruction set that Highway knows

template <class T>
int64_t panel_width() {
  return 2 * static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

int64_t packed_width(int64_t bytes_of_type) {
  return bytes_of_type == 4 ? panel_width<float>() : panel_width<double>();
}

/// Rows as a tile takes them: in tiles of their own, [inputs, M], or where they are.
template <class T, bool kLaidOut>
struct TileRows {
  const T* x;
  int64_t stride, step;  // of rows where they are
};

/// M rows times `inputs` numbers of a panel, added to sums [M, width] or, `first`, to zeros. Each sum runs over k in
/// ascending order whatever M is.
template <int M, class T, bool kLaidOut>
HWY_INLINE void tile(TileRows<T, kLaidOut> rows, const T* HWY_RESTRICT panel, int64_t inputs, bool first,
                     T* HWY_RESTRICT sums) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto begin = [&](int64_t half) HWY_ATTR { return first ? hn::Zero(d) : hn::Load(d, sums + half * lanes); };
  auto l0 = begin(0), h0 = begin(1), l1 = l0, h1 = h0, l2 = l0, h2 = h0, l3 = l0, h3 = h0, l4 = l0, h4 = h0, l5 = l0,
       h5 = h0;
  if constexpr (M > 1) l1 = begin(2), h1 = begin(3);
  if constexpr (M > 2) l2 = begin(4), h2 = begin(5);
  if constexpr (M > 3) l3 = begin(6), h3 = begin(7);
  if constexpr (M > 4) l4 = begin(8), h4 = begin(9);
  if constexpr (M > 5) l5 = begin(10), h5 = begin(11);
  const int64_t stride = kLaidOut ? 1 : rows.stride, step = kLaidOut ? M : rows.step;
  const T* HWY_RESTRICT x = rows.x;
  for (int64_t k = 0; k < inputs; ++k, x += step) {
    const auto low = hn::LoadU(d, panel + 2 * lanes * k), high = hn::LoadU(d, panel + 2 * lanes * k + lanes);
    const auto add = [&](int64_t row, auto& l, auto& h) HWY_ATTR {
      const auto value = hn::Set(d, x[row * stride]);
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
    hn::Store(l, d, sums + 2 * row * lanes);
    hn::Store(h, d, sums + (2 * row + 1) * lanes);
  };
  store(0, l0, h0);
  if constexpr (M > 1) store(1, l1, h1);
  if constexpr (M > 2) store(2, l2, h2);
  if constexpr (M > 3) store(3, l3, h3);
  if constexpr (M > 4) store(4, l4, h4);
  if constexpr (M > 5) store(5, l5, h5);
}

template <class T, bool kLaidOut>
void run_tile(int64_t count, TileRows<T, kLaidOut> rows, const T* panel, int64_t inputs, bool first, T* sums) {
  switch (count) {
    case 1:
      return tile<1>(rows, panel, inputs, first, sums);
    case 2:
      return tile<2>(rows, panel, inputs, first, sums);
    case 3:
      return tile<3>(rows, panel, inputs, first, sums);
    case 4:
      return tile<4>(rows, panel, inputs, first, sums);
    case 5:
      return tile<5>(rows, panel, inputs, first, sums);
    default:
      return tile<6>(rows, panel, inputs, first, sums);
  }
}

/// Columns [column, column + used) of one row from its sums to y.
template <class T>
void finish(const PackedJob<T>& job, const T* HWY_RESTRICT sum, int64_t row, int64_t column, int64_t used) {
  T* HWY_RESTRICT y = job.y + row * job.y_stride + column;
  if (job.accumulate) {
    for (int64_t j = 0; j < used; ++j) y[j] += sum[j];
  } else if (job.bias != nullptr) {
    const T* HWY_RESTRICT bias = job.bias + column;
    for (int64_t j = 0; j < used; ++j) y[j] = sum[j] + bias[j];
  } else {
    for (int64_t j = 0; j < used; ++j) y[j] = sum[j];
  }
}

/// [count, inputs] with any strides -> [inputs, count].
template <class T>
void lay_out(const T* x, int64_t stride, int64_t step, int64_t count, int64_t inputs, T* HWY_RESTRICT out) {
  if (stride == 1) {
    for (int64_t k = 0; k < inputs; ++k) std::copy_n(x + k * step, count, out + k * count);
    return;
  }
  for (int64_t m = 0; m < count; ++m) {
    const T* row = x + m * stride;
    for (int64_t k = 0; k < inputs; ++k) out[k * count + m] = row[k * step];
  }
}

/// The parts of equal size, to one, that `whole` is cut into: 10 rows are 5 + 5, not 6 + 4.
struct Parts {
  Parts(int64_t whole, int64_t most) : whole(whole), count(std::max<int64_t>(1, (whole + most - 1) / most)) {}
  int64_t begin(int64_t n) const { return n * whole / count; }
  int64_t size(int64_t n) const { return begin(n + 1) - begin(n); }
  int64_t whole, count;
};

template <class T, bool kLaidOut>
class Product {
 public:
  explicit Product(const PackedJob<T>& job)
      : job_(job),
        width_(panel_width<T>()),
        groups_(job.rows, kRows),
        pieces_(job.inputs, kPanelBytes / (width_ * static_cast<int64_t>(sizeof(T)))) {}

  void run(int64_t begin, int64_t end) const {
    const int64_t tile_bytes = kRows * std::max<int64_t>(1, job_.inputs) * static_cast<int64_t>(sizeof(T));
    const int64_t block = std::clamp<int64_t>(kBlockBytes / tile_bytes, 1, kBlockGroups);
    for (int64_t g = 0; g < groups_.count; g += block) {
      const int64_t g_end = std::min(groups_.count, g + block);
      const T* rows = kLaidOut ? laid_out(g, g_end) : nullptr;
      for (int64_t p = begin; p < end; ++p) multiply(p, g, g_end, rows);
    }
  }

 private:
  /// The rows of groups [begin, end), a tile's together.
  const T* laid_out(int64_t begin, int64_t end) const {
    const T* x = job_.x + groups_.begin(begin) * job_.x_stride;
    const int64_t rows = groups_.begin(end) - groups_.begin(begin);
    if (rows == 1 && job_.x_step == 1) return x;
    static thread_local std::vector<T> storage;
    if (static_cast<int64_t>(storage.size()) < rows * job_.inputs) storage.resize(rows * job_.inputs);
    T* to = storage.data();
    for (int64_t g = begin; g < end; ++g) {
      lay_out(job_.x + groups_.begin(g) * job_.x_stride, job_.x_stride, job_.x_step, groups_.size(g), job_.inputs, to);
      to += groups_.size(g) * job_.inputs;
    }
    return storage.data();
  }

  TileRows<T, kLaidOut> tile_rows(int64_t g, int64_t g_begin, const T* rows, int64_t k) const {
    if (kLaidOut) {
      return {rows + (groups_.begin(g) - groups_.begin(g_begin)) * job_.inputs + k * groups_.size(g), 1, 1};
    }
    return {job_.x + groups_.begin(g) * job_.x_stride + k * job_.x_step, job_.x_stride, job_.x_step};
  }

  void multiply(int64_t p, int64_t g_begin, int64_t g_end, const T* rows) const {
    HWY_ALIGN T sums[kBlockGroups * kRows * 2 * kMostLanes / sizeof(T)];
    const T* panel = job_.panels + p * job_.inputs * width_;
    for (int64_t n = 0; n < pieces_.count; ++n) {
      const int64_t k = pieces_.begin(n);
      for (int64_t g = g_begin; g < g_end; ++g) {
        run_tile(groups_.size(g), tile_rows(g, g_begin, rows, k), panel + k * width_, pieces_.size(n), n == 0,
                 sums + (g - g_begin) * kRows * width_);
      }
    }
    const int64_t column = p * width_, used = std::min(width_, job_.outputs - column);
    for (int64_t g = g_begin; g < g_end; ++g) {
      for (int64_t m = 0; m < groups_.size(g); ++m) {
        finish(job_, sums + ((g - g_begin) * kRows + m) * width_, groups_.begin(g) + m, column, used);
      }
    }
  }

  const PackedJob<T>& job_;
  int64_t width_;
  Parts groups_, pieces_;  // of rows, of the inputs
};

template <class T>
void multiply(const PackedJob<T>& job, int64_t begin, int64_t end) {
  if (end - begin < kFewPanels) {
    Product<T, false>(job).run(begin, end);
  } else {
    Product<T, true>(job).run(begin, end);
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
