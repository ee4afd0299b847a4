#include <cuda_runtime.h>

#include "cairn/ops/linear_attention_launch.h"
#include "cairn/ops/linear_attention_pass_block.h"

namespace cairn::ops {

namespace {

template <CausalPass pass, class T>
__global__ void __launch_bounds__(CudaBlock::kThreads) causal_kernel(const CausalWork<T> work) {
  extern __shared__ double shared[];
  auto& room = *reinterpret_cast<CausalRoom<T>*>(shared);
  run_block<pass>(CudaBlock(), room, work, static_cast<int64_t>(blockIdx.x));
}

template <CausalPass pass, class T>
cudaError_t launch(int64_t blocks, const CausalWork<T>& work, cudaStream_t stream) {
  constexpr auto kBytes = static_cast<int>(sizeof(CausalRoom<T>));
  // More than 48 KiB of shared memory are given to those who ask.
  const auto asked = cudaFuncSetAttribute(causal_kernel<pass, T>, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  if (asked != cudaSuccess) return asked;
  causal_kernel<pass, T><<<static_cast<unsigned>(blocks), CudaBlock::kThreads, kBytes, stream>>>(work);
  return cudaGetLastError();
}

}  // namespace

bool has_causal_kernels() {
  return true;
}

template <class T>
const char* launch_causal_pass(CausalPass pass, int64_t blocks, const CausalWork<T>& work, void* stream) {
  auto error = cudaSuccess;
  with_pass(pass, [&]<CausalPass own>() { error = launch<own>(blocks, work, static_cast<cudaStream_t>(stream)); });
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

template const char* launch_causal_pass(CausalPass, int64_t, const CausalWork<float>&, void*);
template const char* launch_causal_pass(CausalPass, int64_t, const CausalWork<double>&, void*);

}  // namespace cairn::ops
