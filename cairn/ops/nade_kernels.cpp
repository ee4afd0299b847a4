// The inner loops of NADE, compiled for each instruction set.
//
// Tiles of rows small enough for the first-level cache pass over all examples of a block, so that V and W are read from
// there, while each example's state waits in the second-level cache. Within a tile an example's hidden state changes
// only at its events; between two of them the logits are plain products with one h.
#include "cairn/ops/nade_kernels.h"

#include <algorithm>
#include <cstring>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/nade_kernels.cpp"
#include <hwy/aligned_allocator.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

template <class T>
using Wide = hn::ScalableTag<T>;

constexpr int64_t kVectors = 4;  // vectors in a slice: enough independent sums to keep the multipliers busy

template <class T>
int64_t slice_width() {
  return kVectors * static_cast<int64_t>(hn::Lanes(Wide<T>()));
}

int64_t width_of(int64_t bytes_of_type) {
  return bytes_of_type == 4 ? slice_width<float>() : slice_width<double>();
}

/// out[k] = rows_k . h for N rows at once. A row's products are added in the same order whatever N is: a logit must not
/// change by a bit when a later value moves the end of the run that it is computed in.
template <int N, class T>
HWY_INLINE void dots(const T* HWY_RESTRICT row, int64_t stride, const T* HWY_RESTRICT h, T* HWY_RESTRICT out) {
  const Wide<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto even0 = hn::Zero(d), even1 = even0, even2 = even0, even3 = even0;
  auto odd0 = even0, odd1 = even0, odd2 = even0, odd3 = even0;
  for (int64_t k = 0; k < stride; k += 2 * lanes) {
    const auto low = hn::Load(d, h + k), high = hn::Load(d, h + k + lanes);
    const T* at = row + k;
    even0 = hn::MulAdd(low, hn::Load(d, at), even0);
    odd0 = hn::MulAdd(high, hn::Load(d, at + lanes), odd0);
    if constexpr (N >= 2) {
      even1 = hn::MulAdd(low, hn::Load(d, at + stride), even1);
      odd1 = hn::MulAdd(high, hn::Load(d, at + stride + lanes), odd1);
    }
    if constexpr (N == 4) {
      even2 = hn::MulAdd(low, hn::Load(d, at + 2 * stride), even2);
      odd2 = hn::MulAdd(high, hn::Load(d, at + 2 * stride + lanes), odd2);
      even3 = hn::MulAdd(low, hn::Load(d, at + 3 * stride), even3);
      odd3 = hn::MulAdd(high, hn::Load(d, at + 3 * stride + lanes), odd3);
    }
  }
  out[0] = hn::GetLane(hn::SumOfLanes(d, hn::Add(even0, odd0)));
  if constexpr (N >= 2) out[1] = hn::GetLane(hn::SumOfLanes(d, hn::Add(even1, odd1)));
  if constexpr (N == 4) {
    out[2] = hn::GetLane(hn::SumOfLanes(d, hn::Add(even2, odd2)));
    out[3] = hn::GetLane(hn::SumOfLanes(d, hn::Add(even3, odd3)));
  }
}

template <class T>
void add_and_squash(const T* HWY_RESTRICT w, int64_t stride, T* HWY_RESTRICT a, T* HWY_RESTRICT h) {
  const Wide<T> d;
  for (int64_t k = 0; k < stride; k += static_cast<int64_t>(hn::Lanes(d))) {
    const auto sum = hn::Add(hn::Load(d, a + k), hn::Load(d, w + k));
    hn::Store(sum, d, a + k);
    hn::Store(sigmoid(d, sum), d, h + k);
  }
}

template <int N, class T>
HWY_INLINE void store_logits(const NadeForwardJob<T>& job, const T* h, T* logits, int64_t row) {
  T sums[N];
  dots<N>(job.V + row * job.stride, job.stride, h, sums);
  for (int64_t k = 0; k < N; ++k) logits[job.rows[row + k]] = sums[k] + job.b[row + k];
}

/// Logits of packed rows [row, end), all with the same h.
template <class T>
void run_logits(const NadeForwardJob<T>& job, const T* h, T* logits, int64_t row, int64_t end) {
  for (; row + 4 <= end; row += 4) store_logits<4>(job, h, logits, row);
  for (; row + 2 <= end; row += 2) store_logits<2>(job, h, logits, row);
  if (row < end) store_logits<1>(job, h, logits, row);
}

/// Rows of a tile: 16 KB of V, half of a first-level cache.
template <class T>
int64_t forward_tile(int64_t stride) {
  return std::max<int64_t>(4, 16384 / (stride * static_cast<int64_t>(sizeof(T))));
}

/// The states of a block of examples on their way through the rows.
template <class T>
struct ForwardBlock {
  ForwardBlock(const NadeForwardJob<T>& job, int64_t examples)
      : a(hwy::AllocateAligned<T>(examples * job.stride)), h(hwy::AllocateAligned<T>(examples * job.stride)) {}
  hwy::AlignedFreeUniquePtr<T[]> a, h;  // [examples, stride]
  std::vector<int64_t> next;            // each example's next event
};

template <class T>
void start(const NadeForwardJob<T>& job, int64_t begin, int64_t end, ForwardBlock<T>& block) {
  const Wide<T> d;
  block.next.assign(job.events.begin + begin, job.events.begin + end);
  for (int64_t n = 0; n < end - begin; ++n) std::copy_n(job.c, job.stride, block.a.get() + n * job.stride);
  for (int64_t k = 0; k < job.stride; k += static_cast<int64_t>(hn::Lanes(d))) {
    hn::Store(sigmoid(d, hn::Load(d, job.c + k)), d, block.h.get() + k);
  }
  for (int64_t n = 1; n < end - begin; ++n) std::copy_n(block.h.get(), job.stride, block.h.get() + n * job.stride);
}

template <class T>
void forward_examples(const NadeForwardJob<T>& job, int64_t begin, int64_t end, ForwardBlock<T>& block) {
  start(job, begin, end, block);
  const int64_t tile = forward_tile<T>(job.stride);
  for (int64_t tile_begin = 0; tile_begin < job.R; tile_begin += tile) {
    const int64_t tile_end = std::min(tile_begin + tile, job.R);
    for (int64_t n = begin; n < end; ++n) {
      T* a = block.a.get() + (n - begin) * job.stride;
      T* h = block.h.get() + (n - begin) * job.stride;
      int64_t& event = block.next[n - begin];
      for (int64_t row = tile_begin; row < tile_end;) {
        const bool has_event = event < job.events.begin[n + 1];
        const int64_t change = has_event ? job.events.at[event] : job.R;
        const int64_t stop = std::min(change, tile_end);
        run_logits(job, h, job.logits + n * job.R, row, stop);
        row = stop;
        if (has_event && row == change)
          add_and_squash(job.W + job.events.input[event++] * job.stride, job.stride, a, h);
      }
    }
  }
}

constexpr int64_t kForwardExamples = 64;  // states of a block: 256 KB at H = 500 in float

template <class T>
void forward(const NadeForwardJob<T>& job, int64_t begin, int64_t end) {
  ForwardBlock<T> block(job, std::min(kForwardExamples, end - begin));
  for (int64_t n = begin; n < end; n += kForwardExamples) {
    forward_examples(job, n, std::min(n + kForwardExamples, end), block);
  }
}

void forward_float(const NadeForwardJob<float>& job, int64_t begin, int64_t end) {
  forward(job, begin, end);
}
void forward_double(const NadeForwardJob<double>& job, int64_t begin, int64_t end) {
  forward(job, begin, end);
}

constexpr int64_t kBackwardExamples = 128;  // how many examples' carries are kept at a time

template <class T>
hwy::AlignedFreeUniquePtr<T[]> rows_of_slice(int64_t rows) {
  return hwy::AllocateAligned<T>(std::max<int64_t>(rows, 1) * slice_width<T>());
}

/// One slice of hidden units: rows of `width` values.
template <class T>
struct Slice {
  Slice(const NadeBackwardJob<T>& job, int64_t index)
      : width(slice_width<T>()),
        tiles((job.R + kNadeTile - 1) / kNadeTile),
        block(std::min(kBackwardExamples, job.examples)),
        W(job.W + index * job.R * width),
        V(job.V + index * job.R * width),
        c(job.c + index * width),
        dW(job.dW + index * job.R * width),
        dV(job.dV + index * job.R * width),
        dc(job.dc + index * width),
        carry(rows_of_slice<T>(tiles * block)),
        da(rows_of_slice<T>(block)),
        h(rows_of_slice<T>(kNadeTile)),
        next(tiles * block) {}

  int64_t width, tiles, block;
  const T *W, *V, *c;                    // [R, width], [width]
  T *dW, *dV, *dc;                       // the same
  hwy::AlignedFreeUniquePtr<T[]> carry;  // [tiles, block, width]: a at the first row of each tile
  hwy::AlignedFreeUniquePtr<T[]> da;     // [block, width]
  hwy::AlignedFreeUniquePtr<T[]> h;      // [tile, width]: of the runs of one example in one tile
  std::vector<int64_t> next;             // [tiles, block]: first event after the first row of each tile
};

template <class T>
HWY_INLINE void add_to(T* HWY_RESTRICT sum, const T* HWY_RESTRICT term) {
  const Wide<T> d;
  for (int64_t k = 0; k < slice_width<T>(); k += static_cast<int64_t>(hn::Lanes(d))) {
    hn::Store(hn::Add(hn::Load(d, sum + k), hn::Load(d, term + k)), d, sum + k);
  }
}

/// sum = a + term, of one row
template <class T>
HWY_INLINE void add(const T* HWY_RESTRICT a, const T* HWY_RESTRICT term, T* HWY_RESTRICT sum) {
  const Wide<T> d;
  for (int64_t k = 0; k < slice_width<T>(); k += static_cast<int64_t>(hn::Lanes(d))) {
    hn::Store(hn::Add(hn::Load(d, a + k), hn::Load(d, term + k)), d, sum + k);
  }
}

/// a -> h in place; many at a time, so that their polynomials overlap.
template <class T>
HWY_INLINE void squash(T* HWY_RESTRICT a, int64_t count) {
  const Wide<T> d;
  for (int64_t k = 0; k < count; k += static_cast<int64_t>(hn::Lanes(d))) {
    hn::Store(sigmoid(d, hn::Load(d, a + k)), d, a + k);
  }
}

/// The a of every example at the first row of every tile.
template <class T>
void carry_forward(const NadeBackwardJob<T>& job, int64_t begin, int64_t end, Slice<T>& s) {
  const auto a = rows_of_slice<T>(1);
  for (int64_t n = begin; n < end; ++n) {
    std::copy_n(s.c, s.width, a.get());
    int64_t event = job.events.begin[n];
    for (int64_t tile = 0; tile < s.tiles; ++tile) {
      const int64_t first_row = tile * kNadeTile;
      for (; event < job.events.begin[n + 1] && job.events.at[event] <= first_row; ++event) {
        add_to(a.get(), s.W + job.events.input[event] * s.width);
      }
      const int64_t place = tile * s.block + n - begin;
      std::copy_n(a.get(), s.width, s.carry.get() + place * s.width);
      s.next[place] = event;
    }
  }
}

/// Rows [begin, end) that share h: dV += g h, and da += (V^T g) h (1 - h). `g` is that of row `begin`.
template <class T>
HWY_INLINE void run_gradients(const T* HWY_RESTRICT g, const T* HWY_RESTRICT h, int64_t begin, int64_t end,
                              const Slice<T>& s, T* HWY_RESTRICT da) {
  const Wide<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto h0 = hn::Load(d, h), h1 = hn::Load(d, h + lanes);
  const auto h2 = hn::Load(d, h + 2 * lanes), h3 = hn::Load(d, h + 3 * lanes);
  auto dh0 = hn::Zero(d), dh1 = dh0, dh2 = dh0, dh3 = dh0;
  // Held in registers: the compiler must assume that a store of a vector changes any member of s.
  const int64_t width = 4 * lanes;
  const T* HWY_RESTRICT v = s.V + begin * width;
  T* HWY_RESTRICT dv = s.dV + begin * width;
  for (const T* g_end = g + (end - begin); g != g_end; ++g, v += width, dv += width) {
    const auto gr = hn::Set(d, *g);
    dh0 = hn::MulAdd(gr, hn::Load(d, v), dh0);
    dh1 = hn::MulAdd(gr, hn::Load(d, v + lanes), dh1);
    dh2 = hn::MulAdd(gr, hn::Load(d, v + 2 * lanes), dh2);
    dh3 = hn::MulAdd(gr, hn::Load(d, v + 3 * lanes), dh3);
    hn::Store(hn::MulAdd(gr, h0, hn::Load(d, dv)), d, dv);
    hn::Store(hn::MulAdd(gr, h1, hn::Load(d, dv + lanes)), d, dv + lanes);
    hn::Store(hn::MulAdd(gr, h2, hn::Load(d, dv + 2 * lanes)), d, dv + 2 * lanes);
    hn::Store(hn::MulAdd(gr, h3, hn::Load(d, dv + 3 * lanes)), d, dv + 3 * lanes);
  }
  const auto through = [&](auto dh, auto hk, int64_t at) HWY_ATTR {  // dh -> da through the logistic function
    const auto slope = hn::NegMulAdd(hk, hk, hk);
    hn::Store(hn::MulAdd(dh, slope, hn::Load(d, da + at)), d, da + at);
  };
  through(dh0, h0, 0);
  through(dh1, h1, lanes);
  through(dh2, h2, 2 * lanes);
  through(dh3, h3, 3 * lanes);
}

/// One example in one tile, from the last row back to the first.
template <class T>
void backward_tile(const NadeBackwardJob<T>& job, int64_t n, int64_t tile, int64_t place, Slice<T>& s) {
  const int64_t first_row = tile * kNadeTile, last_row = std::min(first_row + kNadeTile, job.R);
  const int64_t first_event = s.next[place];
  T* h = s.h.get();
  std::copy_n(s.carry.get() + place * s.width, s.width, h);
  int64_t event = first_event, run = 0;
  for (; event < job.events.begin[n + 1] && job.events.at[event] < last_row; ++event, ++run) {
    add(h + run * s.width, s.W + job.events.input[event] * s.width, h + (run + 1) * s.width);
  }
  squash(h, (run + 1) * s.width);
  T* da = s.da.get() + (place - tile * s.block) * s.width;
  const T* g = job.grad + (tile * job.examples + n) * kNadeTile - first_row;
  int64_t end = last_row;
  for (; run > 0; --run) {
    --event;
    run_gradients(g + job.events.at[event], h + run * s.width, job.events.at[event], end, s, da);
    add_to(s.dW + job.events.input[event] * s.width, da);
    end = job.events.at[event];
  }
  run_gradients(g + first_row, h, first_row, end, s, da);
  if (event > job.events.begin[n] && job.events.at[event - 1] == first_row) {
    add_to(s.dW + job.events.input[event - 1] * s.width, da);
  }
}

template <class T>
void backward(const NadeBackwardJob<T>& job, int64_t index) {
  Slice<T> s(job, index);
  for (int64_t begin = 0; begin < job.examples; begin += kBackwardExamples) {
    const int64_t end = std::min(begin + kBackwardExamples, job.examples);
    carry_forward(job, begin, end, s);
    std::fill_n(s.da.get(), s.block * s.width, T(0));
    for (int64_t tile = s.tiles - 1; tile >= 0; --tile) {
      for (int64_t n = begin; n < end; ++n) backward_tile(job, n, tile, tile * s.block + n - begin, s);
    }
    for (int64_t n = 0; n < end - begin; ++n) add_to(s.dc, s.da.get() + n * s.width);
  }
}

void backward_float(const NadeBackwardJob<float>& job, int64_t slice) {
  backward(job, slice);
}
void backward_double(const NadeBackwardJob<double>& job, int64_t slice) {
  backward(job, slice);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(width_of);
HWY_EXPORT(forward_float);
HWY_EXPORT(forward_double);
HWY_EXPORT(backward_float);
HWY_EXPORT(backward_double);

int64_t nade_slice_width(int64_t bytes_of_type) {
  return HWY_DYNAMIC_DISPATCH(width_of)(bytes_of_type);
}

void nade_forward(const NadeForwardJob<float>& job, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(forward_float)(job, begin, end);
}
void nade_forward(const NadeForwardJob<double>& job, int64_t begin, int64_t end) {
  HWY_DYNAMIC_DISPATCH(forward_double)(job, begin, end);
}
void nade_backward(const NadeBackwardJob<float>& job, int64_t slice) {
  HWY_DYNAMIC_DISPATCH(backward_float)(job, slice);
}
void nade_backward(const NadeBackwardJob<double>& job, int64_t slice) {
  HWY_DYNAMIC_DISPATCH(backward_double)(job, slice);
}

}  // namespace cairn::ops
#endif
