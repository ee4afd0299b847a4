#include "cairn/ops/linear_attention_launch.h"

namespace cairn::ops {

bool has_causal_kernels() {
  return false;
}

template <class T>
const char* launch_causal_pass(CausalPass, int64_t, const CausalWork<T>&, void*) {
  return "this build has no CUDA kernels";
}

template const char* launch_causal_pass(CausalPass, int64_t, const CausalWork<float>&, void*);
template const char* launch_causal_pass(CausalPass, int64_t, const CausalWork<double>&, void*);

}  // namespace cairn::ops
