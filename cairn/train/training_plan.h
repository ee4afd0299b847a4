// What `cairn plan` tells: how a recipe trains under a memory budget, predicted and then measured.
#pragma once

#include "cairn/train/memory_budget.h"

namespace cairn::train {

struct TrainingPlan {
  BudgetPlan plan;
  int64_t peak = 0;    ///< bytes measured over the second step's forward and backward, with what stands
  double seconds = 0;  ///< that it took
};

/// Trains two steps of the task; its weights are others afterwards. Without a budget in `config`: as plain autograd.
/// Throws UsageError for a task that does not say its stages, or a budget less than the least possible.
TrainingPlan plan_training(Task& task, TrainConfig config);

}  // namespace cairn::train
