// exp, the logistic function and tanh for Highway vectors of float and double, from polynomials of our own. Compiled
// anew for each instruction set (so no include guard of the usual kind).
#if defined(CAIRN_OPS_SIGMOID_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_OPS_SIGMOID_INL_H_
#undef CAIRN_OPS_SIGMOID_INL_H_
#else
#define CAIRN_OPS_SIGMOID_INL_H_
#endif

#include <hwy/highway.h>

#include <iterator>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// What differs between float and double: where exp is cut off, how e^f is computed for |f| <= ln(2) / 2 and how n
/// moves into the exponent. Adding 1.5 * 2^m rounds to an integer and leaves it in the low bits of the sum.
template <class T>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr float kLimit = 87.0f, kRound = 12582912.0f;                     // 1.5 * 2^23
  static constexpr float kLn2High = 0.693145751953125f, kLn2Low = 1.42860677e-6f;  // the high part has 16 bits
  static constexpr int kMantissaBits = 23;
  // 1/k! from k = 7 down: Taylor's remainder is below 6e-9.
  static constexpr float kTaylor[] = {1.98412698e-4f, 1.38888889e-3f, 8.33333333e-3f, 4.16666667e-2f,
                                      1.66666667e-1f, 0.5f,           1.0f,           1.0f};
};
template <>
struct ExpConstants<double> {
  static constexpr double kLimit = 708.0, kRound = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLn2High = 0.69314718036912381649, kLn2Low = 1.9082149292705877e-10;
  static constexpr int kMantissaBits = 52;
  // 1/k! from k = 13 down: Taylor's remainder is below 5e-18.
  static constexpr double kTaylor[] = {1.6059043836821615e-10,
                                       2.0876756987868099e-9,
                                       2.5052108385441719e-8,
                                       2.7557319223985891e-7,
                                       2.7557319223985891e-6,
                                       2.4801587301587302e-5,
                                       1.9841269841269841e-4,
                                       1.3888888888888889e-3,
                                       8.3333333333333333e-3,
                                       4.1666666666666667e-2,
                                       1.6666666666666667e-1,
                                       0.5,
                                       1.0,
                                       1.0};
};

/// a * b + c as the instruction set does it best; some round twice.
struct NativeArithmetic {
  template <class D, class V>
  static HWY_INLINE V mul_add(D, V a, V b, V c) {
    return hn::MulAdd(a, b, c);
  }
};

/// e^x, x cut to +-kLimit.
template <class Arithmetic = NativeArithmetic, class D, class V>
HWY_INLINE V exp(D d, V x) {
  using T = hn::TFromD<D>;
  using C = ExpConstants<T>;
  const hn::RebindToSigned<D> di;
  x = hn::Min(hn::Max(x, hn::Set(d, -C::kLimit)), hn::Set(d, C::kLimit));
  const V round = hn::Set(d, C::kRound);
  const V shifted = Arithmetic::mul_add(d, x, hn::Set(d, static_cast<T>(1.4426950408889634)), round);
  const V n = hn::Sub(round, shifted);  // minus the nearest integer
  V f = Arithmetic::mul_add(d, n, hn::Set(d, C::kLn2High), x);
  f = Arithmetic::mul_add(d, n, hn::Set(d, C::kLn2Low), f);
  V e = hn::Set(d, C::kTaylor[0]);
  for (size_t k = 1; k < std::size(C::kTaylor); ++k) e = Arithmetic::mul_add(d, e, f, hn::Set(d, C::kTaylor[k]));
  const auto exponent = hn::ShiftLeft<C::kMantissaBits>(hn::BitCast(di, shifted));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, e), exponent));
}

/// 1 / (1 + e^-x); NaN stays NaN, so that a diverged run is noticed.
template <class Arithmetic = NativeArithmetic, class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V h = hn::Div(one, hn::Add(one, exp<Arithmetic>(d, hn::Neg(x))));
  return hn::IfThenElse(hn::IsNaN(x), x, h);
}

/// tanh x = (1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x: absolute error of a few units in the last place of 1.
template <class Arithmetic = NativeArithmetic, class D, class V>
HWY_INLINE V tanh(D d, V x) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V e = exp<Arithmetic>(d, hn::Mul(hn::Set(d, static_cast<hn::TFromD<D>>(-2)), hn::Abs(x)));
  const V h = hn::CopySign(hn::Div(hn::Sub(one, e), hn::Add(one, e)), x);
  return hn::IfThenElse(hn::IsNaN(x), x, h);
}

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
