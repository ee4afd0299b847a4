// What a forward reads besides its arguments, so that it can be made again to the same bits: LibTorch's random numbers
// (of the CPU and of the devices its inputs lie on) and autocast.
#pragma once

#include <vector>

#include <ATen/core/Generator.h>

#include "cairn/train/checkpointing/statistics.h"
#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// LibTorch's autocast settings of one device type in this thread.
struct AutocastSetting {
  torch::DeviceType device = torch::kCPU;
  bool enabled = false;
  torch::ScalarType dtype = torch::kBFloat16;
};

class Conditions {
 public:
  /// Takes down the present ones.
  explicit Conditions(const Activations& inputs);

  /// Call after the forward: generator states that it did not move are dropped, so that only stages with dropout or the
  /// like keep any (5 kB for the CPU).
  void drop_unused();
  int64_t bytes() const;  ///< that the states occupy

  struct Generator {
    at::Generator generator;
    torch::Tensor state;
  };
  const std::vector<Generator>& generators() const { return generators_; }
  const std::vector<AutocastSetting>& autocast() const { return autocast_; }

 private:
  std::vector<Generator> generators_;
  std::vector<AutocastSetting> autocast_;
};

/// While it lives, this thread computes under `conditions`, and batch normalisation leaves its statistics alone. With
/// its end everything is as it was before.
class Reenactment {
 public:
  explicit Reenactment(const Conditions& conditions);
  ~Reenactment();
  Reenactment(const Reenactment&) = delete;
  Reenactment& operator=(const Reenactment&) = delete;

 private:
  std::vector<Conditions::Generator> generators_;  // as they were before
  std::vector<AutocastSetting> autocast_;
  FrozenStatistics frozen_;
};

/// Autocast keeps the cast copies of weights for reuse. Copies made without gradient must not serve a forward with
/// gradient, nor the other way round: this drops them at its begin and its end.
class OwnAutocastCache {
 public:
  OwnAutocastCache();
  ~OwnAutocastCache();
  OwnAutocastCache(const OwnAutocastCache&) = delete;
  OwnAutocastCache& operator=(const OwnAutocastCache&) = delete;
};

}  // namespace cairn::checkpointing
