// What CUDA's compiler sees of linear attention, and what stands in for it where there is none: no LibTorch.
#pragma once

#include "cairn/ops/linear_attention_passes.h"

namespace cairn::ops {

/// Whether this build has the kernels: it had a CUDA compiler and a LibTorch with CUDA.
bool has_causal_kernels();

/// Starts a pass on a stream (a cudaStream_t). Returns null, or what CUDA says is wrong. T: float or double.
template <class T>
const char* launch_causal_pass(CausalPass pass, int64_t blocks, const CausalWork<T>& work, void* stream);

}  // namespace cairn::ops
