// Scores in tiles of 4 x 3 rows (twelve sums fill the registers), then the coefficients g and the loss, eight or more
// pairs at a time, then both gradients in one walk over the dimensions, where each coefficient is used twice.
#include "cairn/ops/logistic_pairs.h"

#include <algorithm>

// Tiles are arrays of vectors, which instruction sets with vectors of unknown width cannot hold.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cairn/ops/logistic_pairs.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "cairn/ops/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

using Floats = hn::CappedTag<float, kPairLanes>;
using Vec = hn::Vec<Floats>;

#if HWY_TARGET != HWY_SCALAR
/// Adds the halves of v until four lanes are left.
template <class D>
HWY_INLINE auto fold_to_four(D /*d*/, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) > 4) {
    const hn::Half<D> half;
    return fold_to_four(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    return v;
  }
}
#endif

/// out[i] = the sum of v[i]'s lanes, i < 4: three levels of additions for all four at once.
HWY_INLINE void four_sums([[maybe_unused]] Floats d, const Vec* v, float* HWY_RESTRICT out) {
#if HWY_TARGET == HWY_SCALAR
  for (int i = 0; i < 4; ++i) out[i] = hn::GetLane(v[i]);
#else
  const hn::Repartition<double, Floats> pairs;
  const auto interleaved = [&](Vec a, Vec b) {
    return hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  };
  const auto ab = interleaved(v[0], v[1]), cd = interleaved(v[2], v[3]);
  const Vec low = hn::BitCast(d, hn::InterleaveLower(pairs, ab, cd)),
            high = hn::BitCast(d, hn::InterleaveUpper(pairs, ab, cd));
  const hn::CappedTag<float, 4> four;
  hn::StoreU(fold_to_four(d, hn::Add(low, high)), four, out);
#endif
}

/// scores[b * U + u] for a tile of BX x CU rows.
template <int BX, int CU>
HWY_INLINE void score_tile(const PairBlock& k, int64_t b, int64_t u, float* HWY_RESTRICT scores) {
  const Floats d;
  constexpr int kSums = BX * CU, kRoom = (kSums + 3) / 4 * 4;
  Vec sums[kRoom];
  for (int i = 0; i < kRoom; ++i) sums[i] = hn::Zero(d);
  const float* x[BX];
  const float* c[CU];
  for (int i = 0; i < BX; ++i) x[i] = k.x[b + i];
  for (int j = 0; j < CU; ++j) c[j] = k.c[u + j];
  for (int64_t at = 0; at < k.width; at += static_cast<int64_t>(hn::Lanes(d))) {
    Vec cs[CU];
    for (int j = 0; j < CU; ++j) cs[j] = hn::LoadU(d, c[j] + at);
    for (int i = 0; i < BX; ++i) {
      const Vec xs = hn::LoadU(d, x[i] + at);
      for (int j = 0; j < CU; ++j) sums[i * CU + j] = hn::MulAdd(xs, cs[j], sums[i * CU + j]);
    }
  }
  float total[kRoom];
  for (int i = 0; i < kRoom; i += 4) four_sums(d, sums + i, total + i);
  for (int i = 0; i < BX; ++i) {
    for (int j = 0; j < CU; ++j) scores[(b + i) * k.U + u + j] = total[i * CU + j];
  }
}

template <int BX>
HWY_INLINE void score_rows(const PairBlock& k, int64_t b, float* scores) {
  int64_t u = 0;
  for (; u + 3 <= k.U; u += 3) score_tile<BX, 3>(k, b, u, scores);
  if (k.U - u == 2) score_tile<BX, 2>(k, b, u, scores);
  if (k.U - u == 1) score_tile<BX, 1>(k, b, u, scores);
}

void all_scores(const PairBlock& k, float* scores) {
  int64_t b = 0;
  for (; b + 4 <= k.B; b += 4) score_rows<4>(k, b, scores);
  if (k.B - b == 3) score_rows<3>(k, b, scores);
  if (k.B - b == 2) score_rows<2>(k, b, scores);
  if (k.B - b == 1) score_rows<1>(k, b, scores);
}

/// log(1 + e) for 0 <= e <= 1, absolute error below 1e-7: 2 atanh(e / (2 + e)) by its series.
HWY_INLINE Vec log_one_plus(Floats d, Vec e) {
  const Vec z = hn::Div(e, hn::Add(e, hn::Set(d, 2.0f)));  // at most 1/3
  const Vec z2 = hn::Mul(z, z);
  Vec series = hn::Set(d, 2.0f / 13);
  for (const float term : {2.0f / 11, 2.0f / 9, 2.0f / 7, 2.0f / 5, 2.0f / 3, 2.0f}) {
    series = hn::MulAdd(series, z2, hn::Set(d, term));
  }
  return hn::Mul(series, z);
}

/// Replaces the scores s by lr g, and returns the loss. `scores`, p and n may be read up to a vector past their end.
double coefficients(const PairBlock& k, float* HWY_RESTRICT scores) {
  const Floats d;
  const Vec zero = hn::Zero(d), one = hn::Set(d, 1.0f), lr = hn::Set(d, k.lr);
  Vec loss = zero;
  const int64_t pairs = k.B * k.U;
  for (int64_t at = 0; at < pairs; at += static_cast<int64_t>(hn::Lanes(d))) {
    const auto inside = hn::FirstN(d, static_cast<size_t>(pairs - at));
    const Vec s = hn::IfThenElseZero(inside, hn::LoadU(d, scores + at));
    const Vec p = hn::IfThenElseZero(inside, hn::LoadU(d, k.p + at));
    const Vec n = hn::IfThenElseZero(inside, hn::LoadU(d, k.n + at));
    const Vec e = exp(d, hn::Neg(hn::Abs(s)));
    const Vec small = hn::Div(e, hn::Add(one, e)), large = hn::Sub(one, small);  // sigmoid(-|s|), sigmoid(|s|)
    const auto positive = hn::Ge(s, zero);
    const Vec g =
        hn::NegMulAdd(n, hn::IfThenElse(positive, large, small), hn::Mul(p, hn::IfThenElse(positive, small, large)));
    hn::StoreU(hn::Mul(lr, g), d, scores + at);
    const Vec tail = log_one_plus(d, e);  // softplus(s) = max(s, 0) + log(1 + e)
    loss = hn::Add(
        loss, hn::MulAdd(n, hn::Add(hn::Max(s, zero), tail), hn::Mul(p, hn::Add(hn::Max(hn::Neg(s), zero), tail))));
  }
  return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, loss)));
}

/// Both gradients for CU output rows: steps[b] += sum_u g_bu c_u, c_u += sum_b g_bu x_b.
template <int CU>
HWY_INLINE void move_rows(const PairBlock& k, int64_t u, const float* HWY_RESTRICT g, float* HWY_RESTRICT steps) {
  const Floats d;
  float* c[CU];
  for (int j = 0; j < CU; ++j) c[j] = k.c[u + j];
  for (int64_t at = 0; at < k.width; at += static_cast<int64_t>(hn::Lanes(d))) {
    Vec old[CU], moved[CU];
    for (int j = 0; j < CU; ++j) moved[j] = old[j] = hn::LoadU(d, c[j] + at);
    for (int64_t b = 0; b < k.B; ++b) {
      const Vec x = hn::LoadU(d, k.x[b] + at);
      float* step = steps + b * k.stride + at;
      Vec sum = u == 0 ? hn::Zero(d) : hn::LoadU(d, step);
      for (int j = 0; j < CU; ++j) {
        const Vec coefficient = hn::Set(d, g[b * k.U + u + j]);
        sum = hn::MulAdd(coefficient, old[j], sum);
        moved[j] = hn::MulAdd(coefficient, x, moved[j]);
      }
      hn::StoreU(sum, d, step);
    }
    for (int j = 0; j < CU; ++j) hn::StoreU(moved[j], d, c[j] + at);
  }
}

void move_all(const PairBlock& k, const float* g, float* steps) {
  int64_t u = 0;
  for (; u + 6 <= k.U; u += 6) move_rows<6>(k, u, g, steps);
  switch (k.U - u) {
    case 5:
      return move_rows<5>(k, u, g, steps);
    case 4:
      return move_rows<4>(k, u, g, steps);
    case 3:
      return move_rows<3>(k, u, g, steps);
    case 2:
      return move_rows<2>(k, u, g, steps);
    case 1:
      return move_rows<1>(k, u, g, steps);
    default:
      return;
  }
}

double update_pairs(const PairBlock& block, float* scores, float* steps) {
  all_scores(block, scores);
  const double loss = coefficients(block, scores);
  move_all(block, scores, steps);
  return loss;
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cairn::ops {

HWY_EXPORT(update_pairs);

double LogisticPairs::update(const PairBlock& block) {
  stride_ = block.stride;
  const auto room = [](std::vector<float>& buffer, int64_t size) {
    if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(size);
  };
  room(steps_, block.B * block.stride);
  room(scores_, block.B * block.U + kPairLanes);
  return HWY_DYNAMIC_DISPATCH(update_pairs)(block, scores_.data(), steps_.data());
}

}  // namespace cairn::ops
#endif
