// The runner of linear_attention_passes.h on a CUDA device.
#pragma once

#include <torch/types.h>

#include "cairn/ops/linear_attention_passes.h"

namespace cairn::ops {

/// Runs passes on the device's current stream. run() throws EnvironmentError where a launch fails.
class CudaPasses : public PassRunner {
 public:
  explicit CudaPasses(const torch::Device& device) : device_(device) {}
  void run(CausalPass pass, int64_t blocks, const CausalWork<float>& work) const override;
  void run(CausalPass pass, int64_t blocks, const CausalWork<double>& work) const override;

 private:
  template <class T>
  void launch(CausalPass pass, int64_t blocks, const CausalWork<T>& work) const;

  torch::Device device_;
};

}  // namespace cairn::ops
