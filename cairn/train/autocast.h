// Mixed precision: matrix products in bf16, the rest in fp32.
#pragma once

#include <torch/types.h>

namespace cairn::train {

/// While it lives, LibTorch's autocast is on for `device` if `enabled`. Its cache of cast weights is dropped at the
/// end, so one guard must not outlive a change of the weights.
class Autocast {
 public:
  struct Options {
    torch::DeviceType device = torch::kCPU;
    bool enabled = false;
  };
  explicit Autocast(Options options);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  Options options_;
  bool was_enabled_ = false;
  torch::ScalarType was_dtype_ = torch::kBFloat16;
};

}  // namespace cairn::train
