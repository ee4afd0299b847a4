// a * b + c with one rounding on every instruction set, for kernels whose results must be the same bits everywhere.
// Compiled anew for each instruction set (so no include guard of the usual kind).
#if defined(CAIRN_OPS_FUSED_ARITHMETIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CAIRN_OPS_FUSED_ARITHMETIC_INL_H_
#undef CAIRN_OPS_FUSED_ARITHMETIC_INL_H_
#else
#define CAIRN_OPS_FUSED_ARITHMETIC_INL_H_
#endif

#include <hwy/highway.h>

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace cairn::ops::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

struct FusedArithmetic {
  template <class D, class V>
  static HWY_INLINE V mul_add(D d, V a, V b, V c) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_SSSE3 || HWY_TARGET == HWY_SSE4 || \
    HWY_TARGET == HWY_WASM || HWY_TARGET == HWY_WASM_EMU256 || defined(HWY_DISABLE_BMI2_FMA)
    hn::TFromD<D> as[hn::MaxLanes(d)], bs[hn::MaxLanes(d)], cs[hn::MaxLanes(d)];
    hn::StoreU(a, d, as);
    hn::StoreU(b, d, bs);
    hn::StoreU(c, d, cs);
    for (size_t k = 0; k < hn::Lanes(d); ++k) cs[k] = std::fma(as[k], bs[k], cs[k]);
    return hn::LoadU(d, cs);
#else
    (void)d;
    return hn::MulAdd(a, b, c);
#endif
  }
};

}  // namespace cairn::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
