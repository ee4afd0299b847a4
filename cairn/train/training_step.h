// One optimiser step: batches in, gradients accumulated, weights moved.
#pragma once

#include <memory>
#include <optional>

#include "cairn/base/error.h"
#include "cairn/train/ema.h"
#include "cairn/train/memory_budget.h"
#include "cairn/train/optimizer.h"
#include "cairn/train/task.h"

namespace cairn::train {

/// A loss or gradient that is not finite; the weights are as they were before the step.
class NotFinite : public Error {
 public:
  using Error::Error;
};

struct StepResult {
  Metrics losses;        ///< means over the step's batches
  double grad_norm = 0;  ///< before clipping
  int64_t examples = 0;
};

/// The parts that a step works with. All randomness is a function of (seed, step, micro), so a step does the same after
/// a resume.
class TrainingStep {
 public:
  /// Moves the task's network to `device` and, for fp64, to that precision.
  TrainingStep(Task& task, const TrainConfig& config, torch::Device device);

  /// Throws NotFinite naming step and batch.
  StepResult run(int64_t step, double lr);

  /// The losses of one batch, their first one's share 1 / accumulate gone backward.
  Losses forward_and_backward(const data::Batch& batch, const StepContext& context);

  data::Stream& stream() { return *stream_; }
  Optimizer& optimizer() { return *optimizer_; }
  Ema* ema() { return ema_ ? &*ema_ : nullptr; }
  /// Null without train.memory_budget.
  const MemoryBudget* budget() const { return budget_ ? &*budget_ : nullptr; }
  /// Bytes of weights, optimiser state and averages.
  int64_t standing_bytes() const;
  /// From now on the plain mean of the weights is kept.
  void start_average() { ema_.emplace(task_.network(), 0.0); }

 private:
  /// Forward and backward of one batch, a share 1 / accumulate of the step.
  void accumulate(const data::Batch& batch, const StepContext& context, StepResult& result);
  Losses losses_of(const data::Batch& batch, const StepContext& context);

  Task& task_;
  TrainConfig config_;
  torch::Device device_;
  std::unique_ptr<data::Stream> stream_;
  std::optional<Optimizer> optimizer_;
  std::optional<Ema> ema_;
  std::optional<MemoryBudget> budget_;
};

}  // namespace cairn::train
