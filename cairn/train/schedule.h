// The learning rate of each step.
#pragma once

#include "cairn/train/train_config.h"

namespace cairn::train {

/// The rate of step `step` (0 is the first) of `total`. During warm-up lr * (step + 1) / warmup; after it, with p the
/// share of the remaining steps that is done:
///   constant      lr
///   linear        lr + (lr_end - lr) p
///   cosine        lr_end + (lr - lr_end) (1 + cos(pi p)) / 2          (Loshchilov & Hutter 2017, without restarts)
///   step          lr * step_factor ^ falls, one at step_from (step_every if that is 0) and one every step_every steps
///                 behind it
///   inverse_sqrt  lr * sqrt(w / (step + 1)), w = max(warmup, 1)       (Vaswani et al. 2017)
double learning_rate(int64_t step, int64_t total, const TrainConfig& config);

/// Whether the rate of a step changes when the run is made longer.
bool depends_on_total(const TrainConfig& config);

}  // namespace cairn::train
