// Where and with how many threads tensors are computed.
#pragma once

#include <string>

#include <torch/types.h>

namespace cairn::train {

struct ComputeOptions {
  std::string device = "cpu";  ///< "cpu", "cuda" or "cuda:N"
  int64_t threads = 0;         ///< 0: LibTorch's choice
  bool deterministic = true;   ///< refuse operators whose result depends on timing
};

/// Sets LibTorch up for the whole process. Throws UsageError for an unknown device, EnvironmentError if it is not
/// there.
torch::Device set_up_compute(const ComputeOptions& options);

}  // namespace cairn::train
