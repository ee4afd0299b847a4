// A mean over examples with its 95 % interval.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace cairn::metrics {

struct Estimate {
  double mean = 0;        ///< NaN if nothing was counted
  double half_width = 0;  ///< of the 95 % interval, 1.96 standard errors; 0 for fewer than 2 values
  int64_t count = 0;
};

/// Collects per-example values block by block; sums are in double (Chan, Golub & LeVeque 1983, pairwise update).
class Estimator {
 public:
  /// Any shape and any real or bool dtype; every element counts as one example.
  void add(const torch::Tensor& values);
  Estimate estimate() const;

 private:
  int64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // sum of squared distances to the mean
};

}  // namespace cairn::metrics
