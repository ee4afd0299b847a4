// train.memory_budget: a step's losses under the fastest schedule that fits.
//
// What counts are the bytes that tensors hold while a step runs: the weights, what the optimiser and the averages keep
// beside them, the gradients, and what the forward computes for the backward. Losses, gradients and weights are those
// without a budget, bit by bit.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cairn/train/checkpointing/planner.h"
#include "cairn/train/task.h"

namespace cairn::train {

/// "800MB", "1.5GiB", or a share of what plain autograd takes: "0.5".
class BudgetSize {
 public:
  /// Throws UsageError for anything else.
  explicit BudgetSize(const std::string& text);
  /// In bytes, where a step without a budget takes `everything`.
  int64_t of(int64_t everything) const;

 private:
  double value_ = 0;
  bool share_ = false;
};

/// How one shape of batch is trained.
struct BudgetPlan {
  checkpointing::Profile profile;
  std::vector<checkpointing::Plan> trade_off;  ///< predicted peaks are without what stands
  checkpointing::Plan chosen;
  int64_t standing = 0;  ///< bytes that live before, during and after the step
  int64_t budget = 0;

  int64_t peak() const { return standing + chosen.predicted.peak; }
};

class MemoryBudget {
 public:
  /// `standing`: bytes of weights, optimiser state and averages.
  MemoryBudget(const std::string& budget, int64_t standing) : size_(budget), standing_(standing) {}

  /// The losses; the first one's backward follows the schedule. `staged_bytes`: what tensors made for `staged` hold,
  /// a^0 among them. A batch of a new shape is measured first, which takes a few steps' time. Throws UsageError if the
  /// budget is less than the least possible, which it says.
  Losses losses(const StagedLosses& staged, int64_t staged_bytes);
  /// How the last batch was trained; null before the first.
  const BudgetPlan* latest() const { return latest_; }

 private:
  const BudgetPlan& plan(const StagedLosses& staged, int64_t staged_bytes);
  BudgetPlan make_plan(const StagedLosses& staged, int64_t staged_bytes) const;

  BudgetSize size_;
  int64_t standing_;
  std::map<std::vector<int64_t>, BudgetPlan> plans_;  // by the sizes of a^0
  const BudgetPlan* latest_ = nullptr;
};

}  // namespace cairn::train
