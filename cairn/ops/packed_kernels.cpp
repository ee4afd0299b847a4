#include "cairn/ops/packed_kernels.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <type_traits>

// Tiles are arrays of vectors, which instruction sets with vectors of unknown width cannot hold.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/packed_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/fused_arithmetic-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

// A tile is a few rows of a panel, two vectors a row: 12 sums keep the multipliers busy and fit into 16 registers, 24
// into the 32 of AVX-512, where they ask the first cache for less. A piece of a panel stays there while a block of
// rows, laid out in tiles, passes over it from the second.
constexpr int64_t kRows = HWY_MAX_BYTES == 64 ? 12 : 6;
constexpr int64_t kBlockRows = 96;
constexpr int64_t kBlockGroups = kBlockRows / kRows;  // tiles of a block of rows, at most
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
  hn::Vec<decltype(d)> lows[M], highs[M];
  for (int m = 0; m < M; ++m) {
    lows[m] = first ? hn::Zero(d) : hn::Load(d, sums + 2 * m * lanes);
    highs[m] = first ? hn::Zero(d) : hn::Load(d, sums + (2 * m + 1) * lanes);
  }
  const int64_t stride = kLaidOut ? 1 : rows.stride, step = kLaidOut ? M : rows.step;
  const T* HWY_RESTRICT x = rows.x;
  const T* ahead = panel + 2 * lanes * inputs;  // the next piece, on its way into the second cache
  for (int64_t k = 0; k < inputs; ++k, x += step) {
    __builtin_prefetch(ahead + 2 * lanes * k, 0, 2);
    const auto low = hn::LoadU(d, panel + 2 * lanes * k), high = hn::LoadU(d, panel + 2 * lanes * k + lanes);
    for (int m = 0; m < M; ++m) {
      const auto value = hn::Set(d, x[m * stride]);
      lows[m] = FusedArithmetic::mul_add(d, value, low, lows[m]);
      highs[m] = FusedArithmetic::mul_add(d, value, high, highs[m]);
    }
  }
  for (int m = 0; m < M; ++m) {
    hn::Store(lows[m], d, sums + 2 * m * lanes);
    hn::Store(highs[m], d, sums + (2 * m + 1) * lanes);
  }
}

/// f(count) with the count, 1 .. kRows, as a constant.
template <int kMost = kRows, class F>
HWY_INLINE void with_count(int64_t count, const F& f) {
  if constexpr (kMost > 1) {
    if (count < kMost) return with_count<kMost - 1>(count, f);
  }
  f(std::integral_constant<int, kMost>());
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
