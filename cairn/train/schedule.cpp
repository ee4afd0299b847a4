#include "cairn/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cairn::train {

double learning_rate(int64_t step, int64_t total, const TrainConfig& config) {
  if (step < config.warmup) return config.lr * static_cast<double>(step + 1) / static_cast<double>(config.warmup);
  const double remaining = static_cast<double>(std::max<int64_t>(1, total - config.warmup));
  const double p = std::min(1.0, static_cast<double>(step - config.warmup) / remaining);
  if (config.schedule == "linear") return config.lr + (config.lr_end - config.lr) * p;
  if (config.schedule == "cosine") {
    return config.lr_end + (config.lr - config.lr_end) * (1 + std::cos(std::numbers::pi * p)) / 2;
  }
  if (config.schedule == "step") {
    const int64_t first = config.step_from > 0 ? config.step_from : config.step_every;
    const int64_t falls = step < first ? 0 : 1 + (step - first) / config.step_every;
    return config.lr * std::pow(config.step_factor, static_cast<double>(falls));
  }
  if (config.schedule == "inverse_sqrt") {
    return config.lr *
           std::sqrt(static_cast<double>(std::max<int64_t>(config.warmup, 1)) / static_cast<double>(step + 1));
  }
  return config.lr;
}

bool depends_on_total(const TrainConfig& config) {
  return config.schedule == "linear" || config.schedule == "cosine";
}

}  // namespace cairn::train
