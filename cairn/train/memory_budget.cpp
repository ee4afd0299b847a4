#include "cairn/train/memory_budget.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/train/checkpointing/execute.h"
#include "cairn/train/checkpointing/measure.h"

namespace cairn::train {

namespace {

using checkpointing::Plan;
using checkpointing::Planner;

std::vector<int64_t> sizes_of(const nn::Activations& input) {
  std::vector<int64_t> sizes;
  for (const auto& tensor : input) {
    if (!tensor.defined()) continue;
    sizes.push_back(-tensor.dim());
    sizes.insert(sizes.end(), tensor.sizes().begin(), tensor.sizes().end());
  }
  return sizes;
}

std::string summary(const BudgetPlan& plan) {
  const auto forwards = checkpointing::forwards_of(plan.chosen.schedule, plan.profile.size());
  const auto again = std::count_if(forwards.begin(), forwards.end(), [](int64_t n) { return n > 1; });
  const double longer = plan.chosen.predicted.seconds / plan.trade_off.back().predicted.seconds - 1;
  return cat("memory budget ", human_bytes(static_cast<double>(plan.budget)), ": ",
             human_bytes(static_cast<double>(plan.peak())), " planned, ",
             human_bytes(static_cast<double>(plan.standing)), " of it standing; ", again, " of ", forwards.size(),
             " stages are computed again, ", fixed(100 * longer, 0), " % more time");
}

}  // namespace

BudgetSize::BudgetSize(const std::string& text) {
  const auto bytes = parse_bytes(text);
  share_ = bytes && *bytes > 0 && *bytes <= 1 && text.find('B') == std::string::npos;
  if (!bytes || (!share_ && *bytes < 1)) {
    throw UsageError("train.memory_budget",
                     got_expected(text, "a size as 800MB or 1.5GiB, or a share of plain autograd's from 0 to 1"));
  }
  value_ = *bytes;
}

int64_t BudgetSize::of(int64_t everything) const {
  return static_cast<int64_t>(share_ ? value_ * static_cast<double>(everything) : value_);
}

BudgetPlan MemoryBudget::make_plan(const StagedLosses& staged, int64_t staged_bytes) const {
  BudgetPlan plan{.profile = checkpointing::measure(staged.chain, staged.input)};
  const Planner planner(plan.profile);
  plan.trade_off = planner.trade_off();
  plan.standing = standing_ + staged_bytes;
  plan.budget = size_.of(plan.standing + planner.store_all().predicted.peak);
  const Plan* chosen = planner.find(plan.budget - plan.standing);
  if (chosen == nullptr) {
    const int64_t step = planner.least().predicted.peak;
    throw UsageError("train.memory_budget",
                     got_expected(human_bytes(static_cast<double>(plan.budget)),
                                  cat("at least ", plan.standing + step, " bytes, the least possible for this batch: ",
                                      plan.standing, " for weights, optimiser and input, ", step, " for the step")));
  }
  plan.chosen = *chosen;
  log::info(summary(plan));
  return plan;
}

const BudgetPlan& MemoryBudget::plan(const StagedLosses& staged, int64_t staged_bytes) {
  const auto key = sizes_of(staged.input);
  const auto found = plans_.find(key);
  return found != plans_.end() ? found->second : plans_.emplace(key, make_plan(staged, staged_bytes)).first->second;
}

Losses MemoryBudget::losses(const StagedLosses& staged, int64_t staged_bytes) {
  latest_ = &plan(staged, staged_bytes);
  return staged.named(checkpointing::execute(staged.chain, latest_->chosen.schedule, staged.input));
}

}  // namespace cairn::train
