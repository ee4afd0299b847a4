#include "cairn/ops/linear_attention_cuda.h"

#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "cairn/base/error.h"
#include "cairn/ops/linear_attention_launch.h"

namespace cairn::ops {

template <class T>
void CudaPasses::launch(CausalPass pass, int64_t blocks, const CausalWork<T>& work) const {
  const c10::DeviceGuard guard(device_);
  const auto stream = c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
  const char* wrong = launch_causal_pass(pass, blocks, work, stream.native_handle());
  if (wrong != nullptr) throw EnvironmentError("linear_attention", cat("CUDA kernel on ", device_.str(), ": ", wrong));
}

void CudaPasses::run(CausalPass pass, int64_t blocks, const CausalWork<float>& work) const {
  launch(pass, blocks, work);
}
void CudaPasses::run(CausalPass pass, int64_t blocks, const CausalWork<double>& work) const {
  launch(pass, blocks, work);
}

}  // namespace cairn::ops
