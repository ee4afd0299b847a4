#include "cairn/ops/small_products.h"

#include <algorithm>

// Tiles are arrays of vectors, which instruction sets with vectors of unknown width cannot hold.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/small_products.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Enough sums to keep the multipliers busy, and no more than the registers hold: 16 of x86 before AVX-512, else 32.
constexpr int64_t kTileRows = 6;
#if HWY_ARCH_X86 && HWY_TARGET >= HWY_AVX2
constexpr int64_t kTileVectors = 2;
#else
constexpr int64_t kTileVectors = 4;
#endif

/// A(row, k) = a[row * a_row + k * a_column].
template <class T>
struct Tile {
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_row;
  T* out;
  int64_t out_row;
  int64_t begin, end;  // of the inner index
  bool add;
};

/// M rows of N vectors; the sums stay in registers.
template <int M, int N, class T>
void tile(const Tile<T>& t) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[M][N];
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) sums[m][n] = t.add ? hn::LoadU(d, t.out + m * t.out_row + n * lanes) : hn::Zero(d);
  }
  const T* HWY_RESTRICT a = t.a + t.begin * t.a_column;
  const T* HWY_RESTRICT b = t.b + t.begin * t.b_row;
  for (int64_t k = t.begin; k < t.end; ++k, a += t.a_column, b += t.b_row) {
    hn::Vec<decltype(d)> row[N];
    for (int n = 0; n < N; ++n) row[n] = hn::LoadU(d, b + n * lanes);
    for (int m = 0; m < M; ++m) {
      const auto value = hn::Set(d, a[m * t.a_row]);
      for (int n = 0; n < N; ++n) sums[m][n] = hn::MulAdd(value, row[n], sums[m][n]);
    }
  }
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) hn::StoreU(sums[m][n], d, t.out + m * t.out_row + n * lanes);
  }
}

template <class T>
void run_tile(const Tile<T>& t, int64_t rows, int64_t vectors) {
  constexpr void (*kTiles[kTileRows][4])(const Tile<T>&) = {
      {tile<1, 1, T>, tile<1, 2, T>, tile<1, 3, T>, tile<1, 4, T>},
      {tile<2, 1, T>, tile<2, 2, T>, tile<2, 3, T>, tile<2, 4, T>},
      {tile<3, 1, T>, tile<3, 2, T>, tile<3, 3, T>, tile<3, 4, T>},
      {tile<4, 1, T>, tile<4, 2, T>, tile<4, 3, T>, tile<4, 4, T>},
      {tile<5, 1, T>, tile<5, 2, T>, tile<5, 3, T>, tile<5, 4, T>},
      {tile<6, 1, T>, tile<6, 2, T>, tile<6, 3, T>, tile<6, 4, T>}};
  kTiles[rows - 1][vectors - 1](t);
}

/// The last columns of B, fewer than a vector: filled up with zeros, multiplied, and the used part copied.
template <class T>
void narrow_tile(Tile<T> t, int64_t rows, int64_t columns) {
  constexpr size_t kMost = hn::MaxLanes(hn::ScalableTag<T>());
  T out[kTileRows * kMost] = {};
  T* const to = t.out;
  if (t.add) {
    for (int64_t m = 0; m < rows; ++m) std::copy_n(to + m * t.out_row, columns, out + m * kMost);
  }
  const int64_t out_row = t.out_row;
  t.out = out;
  t.out_row = kMost;
  run_tile(t, rows, 1);
  for (int64_t m = 0; m < rows; ++m) std::copy_n(out + m * kMost, columns, to + m * out_row);
}

/// Rows of B beyond this are multiplied in a second pass over the narrow columns.
constexpr int64_t kNarrowRows = 256;

template <class T>
class Multiplication {
 public:
  explicit Multiplication(const SmallProduct<T>& p)
      : p_(p),
        rows_(p.out.rows),
        columns_(p.out.columns),
        inner_(p.b.rows),
        lanes_(static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()))),
        full_(columns_ / lanes_ * lanes_) {}

  void run() {
    if (inner_ == 0) {
      if (!p_.add) clear();
      return;
    }
    const int64_t groups = (rows_ + kTileRows - 1) / kTileRows;
    for (int64_t group = 0; group < groups; ++group) {  // of equal size: 32 are 6 times 5 or 6, not 5 times 6 and 2
      const int64_t i = group * rows_ / groups, count = (group + 1) * rows_ / groups - i;
      full_columns(i, count);
    }
    if (full_ < columns_) narrow_columns(groups);
  }

 private:
  Tile<T> tile_at(int64_t i, int64_t count, int64_t j) const {
    const int64_t a_row = p_.transpose_a ? 1 : p_.a.stride, a_column = p_.transpose_a ? p_.a.stride : 1;
    return {.a = p_.a.data + i * a_row,
            .a_row = a_row,
            .a_column = a_column,
            .b = p_.b.data + j,
            .b_row = p_.b.stride,
            .out = p_.out.data + i * p_.out.stride + j,
            .out_row = p_.out.stride,
            .begin = p_.triangle == Triangle::upper_a ? std::min(i, inner_) : 0,
            .end = p_.triangle == Triangle::lower_a ? std::min(i + count, inner_) : inner_,
            .add = p_.add};
  }

  void clear() const {
    for (int64_t i = 0; i < rows_; ++i) std::fill_n(p_.out.data + i * p_.out.stride, columns_, T(0));
  }

  int64_t wanted_columns(int64_t i, int64_t count) const {
    return p_.triangle == Triangle::lower_out ? std::min(columns_, i + count) : columns_;
  }

  void full_columns(int64_t i, int64_t count) const {
    const int64_t end = std::min(full_, wanted_columns(i, count));
    for (int64_t j = 0; j < end; j += kTileVectors * lanes_) {
      run_tile(tile_at(i, count, j), count, std::min(kTileVectors, (end - j + lanes_ - 1) / lanes_));
    }
  }

  void narrow_columns(int64_t groups) const {
    constexpr size_t kMost = hn::MaxLanes(hn::ScalableTag<T>());
    T b[kNarrowRows * kMost];
    for (int64_t from = 0; from < inner_; from += kNarrowRows) {
      const int64_t to = std::min(inner_, from + kNarrowRows);
      std::fill_n(b, (to - from) * static_cast<int64_t>(kMost), T(0));
      for (int64_t k = from; k < to; ++k) {
        std::copy_n(p_.b.data + k * p_.b.stride + full_, columns_ - full_, b + (k - from) * kMost);
      }
      for (int64_t group = 0; group < groups; ++group) {
        const int64_t i = group * rows_ / groups, count = (group + 1) * rows_ / groups - i;
        if (wanted_columns(i, count) <= full_) continue;
        Tile<T> t = tile_at(i, count, full_);
        t.a += from * t.a_column;
        t.b = b;
        t.b_row = kMost;
        t.begin = std::clamp(t.begin, from, to) - from;
        t.end = std::clamp(t.end, from, to) - from;
        t.add = p_.add || from > 0;
        narrow_tile(t, count, columns_ - full_);
      }
    }
  }

  const SmallProduct<T>& p_;
  int64_t rows_, columns_, inner_, lanes_, full_;
};

#if HWY_TARGET == HWY_SCALAR
template <class T>
constexpr int64_t kBlock = 1;

template <class T>
HWY_INLINE void transpose_block(const T* from, int64_t, T* to, int64_t) {
  *to = *from;
}
#else
template <class T>
constexpr int64_t kBlock = 16 / sizeof(T);

/// Four rows of four floats to four columns.
HWY_INLINE void transpose_block(const float* from, int64_t from_row, float* to, int64_t to_row) {
  const hn::CappedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_row), c = hn::LoadU(d, from + 2 * from_row),
             e = hn::LoadU(d, from + 3 * from_row);
  const auto ab_low = hn::BitCast(wide, hn::InterleaveLower(d, a, b)),
             ab_high = hn::BitCast(wide, hn::InterleaveUpper(d, a, b)),
             ce_low = hn::BitCast(wide, hn::InterleaveLower(d, c, e)),
             ce_high = hn::BitCast(wide, hn::InterleaveUpper(d, c, e));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_low, ce_low)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_low, ce_low)), d, to + to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, ab_high, ce_high)), d, to + 2 * to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, ab_high, ce_high)), d, to + 3 * to_row);
}
/// Two rows of two doubles to two columns.
HWY_INLINE void transpose_block(const double* from, int64_t from_row, double* to, int64_t to_row) {
  const hn::CappedTag<double, 2> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + from_row);
  hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
  hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + to_row);
}
#endif

template <class T>
void transposed(const Matrix<const T>& from, const Matrix<T>& to) {
  const int64_t rows = from.rows / kBlock<T> * kBlock<T>, columns = from.columns / kBlock<T> * kBlock<T>;
  for (int64_t j = 0; j < columns; j += kBlock<T>) {
    for (int64_t i = 0; i < rows; i += kBlock<T>) {
      transpose_block(from.data + i * from.stride + j, from.stride, to.data + j * to.stride + i, to.stride);
    }
  }
  for (int64_t i = 0; i < from.rows; ++i) {
    for (int64_t j = i < rows ? columns : 0; j < from.columns; ++j) {
      to.data[j * to.stride + i] = from.data[i * from.stride + j];
    }
  }
}

void multiply_float(const SmallProduct<float>& p) {
  Multiplication<float>(p).run();
}
void multiply_double(const SmallProduct<double>& p) {
  Multiplication<double>(p).run();
}
void transpose_float(const Matrix<const float>& from, const Matrix<float>& to) {
  transposed(from, to);
}
void transpose_double(const Matrix<const double>& from, const Matrix<double>& to) {
  transposed(from, to);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(multiply_float);
HWY_EXPORT(multiply_double);
HWY_EXPORT(transpose_float);
HWY_EXPORT(transpose_double);

template <>
void multiply(const SmallProduct<float>& p) {
  HWY_DYNAMIC_DISPATCH(multiply_float)(p);
}
template <>
void multiply(const SmallProduct<double>& p) {
  HWY_DYNAMIC_DISPATCH(multiply_double)(p);
}
template <>
void transpose(const Matrix<const float>& from, const Matrix<float>& to) {
  HWY_DYNAMIC_DISPATCH(transpose_float)(from, to);
}
template <>
void transpose(const Matrix<const double>& from, const Matrix<double>& to) {
  HWY_DYNAMIC_DISPATCH(transpose_double)(from, to);
}

}  // namespace cairn::ops
#endif
