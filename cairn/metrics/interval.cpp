#include "cairn/metrics/interval.h"

#include <cmath>
#include <limits>

namespace cairn::metrics {

void Estimator::add(const torch::Tensor& values) {
  const int64_t n = values.numel();
  if (n == 0) return;
  const auto block = values.detach().to(torch::kCPU, torch::kFloat64);
  const double mean = block.mean().item<double>();
  const double squares = (block - mean).square().sum().item<double>();
  const double distance = mean - mean_;
  const double total = static_cast<double>(count_ + n);
  squares_ += squares + distance * distance * static_cast<double>(count_) * static_cast<double>(n) / total;
  mean_ += distance * static_cast<double>(n) / total;
  count_ += n;
}

Estimate Estimator::estimate() const {
  if (count_ == 0) return {.mean = std::numeric_limits<double>::quiet_NaN(), .half_width = 0, .count = 0};
  const double n = static_cast<double>(count_);
  const double half_width = count_ < 2 ? 0 : 1.96 * std::sqrt(squares_ / (n - 1) / n);
  return {.mean = mean_, .half_width = half_width, .count = count_};
}

}  // namespace cairn::metrics
