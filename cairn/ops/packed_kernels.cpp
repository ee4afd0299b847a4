#include "cairn/ops/packed_kernels.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <type_traits>

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
constexpr int64_t kBlockRows = kBlockGroups * kRows;
constexpr int64_t kPanelBytes = 16 << 10, kBlockBytes = 256 << 10;
constexpr int64_t kFewPanels = 3;  // for fewer, laying rows out costs more than it brings

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
  const T* ahead = panel + 2 * lanes * inputs;  // the next piece, on its way into the second cache
  for (int64_t k = 0; k < inputs; ++k, x += step) {
    __builtin_prefetch(ahead + 2 * lanes * k, 0, 2);
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

/// f(count) with the count, 1 .. kRows, as a constant.
template <class F>
HWY_INLINE void with_count(int64_t count, const F& f) {
  switch (count) {
    case 1:
      return f(std::integral_constant<int, 1>());
    case 2:
      return f(std::integral_constant<int, 2>());
    case 3:
      return f(std::integral_constant<int, 3>());
    case 4:
      return f(std::integral_constant<int, 4>());
    case 5:
      return f(std::integral_constant<int, 5>());
    default:
      return f(std::integral_constant<int, 6>());
  }
}

/// Columns [column, column + used) of one row from its sums to y.
template <class T>
void finish(const PackedJob<T>& job, const T* HWY_RESTRICT sum, int64_t row, int64_t column, int64_t used) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  T* y = job.y + row * job.y_stride + column;
  const T* added = job.accumulate ? y : job.bias == nullptr ? nullptr : job.bias + column;
  int64_t j = 0;
  for (; j + lanes <= used; j += lanes) {
    const auto value = hn::Load(d, sum + j);
    hn::StoreU(added == nullptr ? value : hn::Add(value, hn::LoadU(d, added + j)), d, y + j);
  }
  for (; j < used; ++j) y[j] = added == nullptr ? sum[j] : sum[j] + added[j];
}

/// The parts of equal size, to one, that `whole` is cut into: 10 rows are 5 + 5, not 6 + 4.
struct Parts {
  Parts(int64_t whole, int64_t most) : whole(whole), count(std::max<int64_t>(1, (whole + most - 1) / most)) {}
  int64_t begin(int64_t n) const { return n * whole / count; }
  int64_t size(int64_t n) const { return begin(n + 1) - begin(n); }
  int64_t whole, count;
};

/// Blocks of rows times chunks of the inputs, so that what is laid out stays in the second cache: panel by panel, and
/// within one piece by piece, so that a piece stays in the first.
template <class T, bool kLaidOut>
class Product {
 public:
  Product(const PackedJob<T>& job, int64_t begin, int64_t end)
      : job_(job),
        begin_(begin),
        end_(end),
        width_(panel_width<T>()),
        groups_(job.rows, kRows),
        chunks_(job.inputs, kBlockBytes / (kBlockRows * kSize)) {}

  void run() const {
    const int64_t sums_of_panel = kBlockRows * width_;
    T* sums = scratch<0>(sums_of_panel * (chunks_.count > 1 ? end_ - begin_ : 1));
    for (int64_t g = 0; g < groups_.count; g += kBlockGroups) {
      const Block block{g, std::min(groups_.count, g + kBlockGroups)};
      for (int64_t c = 0; c < chunks_.count; ++c) {
        const T* rows = kLaidOut ? laid_out(block, c) : nullptr;
        for (int64_t p = begin_; p < end_; ++p) {
          T* own = sums + (chunks_.count > 1 ? (p - begin_) * sums_of_panel : 0);
          multiply(p, block, c, rows, own);
          if (c + 1 == chunks_.count) finish_panel(p, block, own);
        }
      }
    }
  }

 private:
  static constexpr int64_t kSize = sizeof(T);

  struct Block {
    int64_t begin, end;  // groups
  };

  /// Memory of this thread, at a vector's begin, until it is asked for again.
  template <int kWhich>
  static T* scratch(int64_t count) {
    static thread_local hwy::AlignedFreeUniquePtr<T[]> storage;
    static thread_local int64_t there = 0;
    if (there < count) storage = hwy::AllocateAligned<T>(static_cast<size_t>(there = count));
    return storage.get();
  }

  int64_t rows_before(const Block& block, int64_t g) const { return groups_.begin(g) - groups_.begin(block.begin); }

  /// Chunk c of a block's rows, a tile's together.
  const T* laid_out(const Block& block, int64_t c) const {
    const T* x = job_.x + groups_.begin(block.begin) * job_.x_stride + chunks_.begin(c) * job_.x_step;
    const int64_t rows = rows_before(block, block.end), inputs = chunks_.size(c);
    if (rows == 1 && job_.x_step == 1) return x;
    T* out = scratch<1>(rows * inputs);
    for (int64_t g = block.begin; g < block.end; ++g) {
      const int64_t before = rows_before(block, g);
      const StridedRows<T> from{x + before * job_.x_stride, job_.x_stride, job_.x_step};
      with_count(groups_.size(g), [&](auto count) { lay_columns(from, count, inputs, out + before * inputs, count); });
    }
    return out;
  }

  /// A tile's rows from input k of chunk c on.
  TileRows<T, kLaidOut> tile_rows(const Block& block, int64_t g, int64_t c, int64_t k, const T* rows) const {
    if (kLaidOut) return {rows + rows_before(block, g) * chunks_.size(c) + k * groups_.size(g), 1, 1};
    const T* x = job_.x + groups_.begin(g) * job_.x_stride + (chunks_.begin(c) + k) * job_.x_step;
    return {x, job_.x_stride, job_.x_step};
  }

  void multiply(int64_t p, const Block& block, int64_t c, const T* rows, T* sums) const {
    const T* panel = job_.panels + (p * job_.inputs + chunks_.begin(c)) * width_;
    const Parts pieces(chunks_.size(c), kPanelBytes / (width_ * kSize));
    for (int64_t n = 0; n < pieces.count; ++n) {
      const int64_t k = pieces.begin(n);
      for (int64_t g = block.begin; g < block.end; ++g) {
        with_count(groups_.size(g), [&](auto count) HWY_ATTR {
          tile<count>(tile_rows(block, g, c, k, rows), panel + k * width_, pieces.size(n), c == 0 && n == 0,
                      sums + rows_before(block, g) * width_);
        });
      }
    }
  }

  void finish_panel(int64_t p, const Block& block, const T* sums) const {
    const int64_t column = p * width_, used = std::min(width_, job_.outputs - column);
    const int64_t first = groups_.begin(block.begin), count = rows_before(block, block.end);
    for (int64_t m = 0; m < count; ++m) finish(job_, sums + m * width_, first + m, column, used);
  }

  const PackedJob<T>& job_;
  int64_t begin_, end_;  // panels
  int64_t width_;
  Parts groups_, chunks_;  // of rows, of the inputs
};

template <class T>
void multiply(const PackedJob<T>& job, int64_t begin, int64_t end) {
  if (end - begin < kFewPanels) {
    Product<T, false>(job, begin, end).run();
  } else {
    Product<T, true>(job, begin, end).run();
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
