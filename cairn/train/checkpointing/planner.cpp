#include "cairn/train/checkpointing/planner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/train/checkpointing/dynamic_program.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;

/// Neighbouring stages taken as one: the first and the last of each run.
struct Run {
  size_t first, last;
};

std::vector<Run> runs_of(size_t stages, size_t most) {
  const size_t count = std::min(stages, most);
  std::vector<Run> runs;
  for (size_t k = 0; k < count; ++k) runs.push_back({1 + k * stages / count, (k + 1) * stages / count});
  return runs;
}

/// A run's costs follow from its stages run one by one.
StageCost cost_of(const Profile& profile, const HandedOn& handed_on, const Run& run) {
  StageCost sum = profile.stage(run.last);
  sum.handed_on = handed_on.bytes(run.first - 1, run.last);
  sum.tape = sum.parameter_gradients = sum.conditions = 0;
  sum.forward_seconds = sum.taping_seconds = sum.backward_seconds = 0;
  int64_t forward_peak = 0, taping_peak = 0, backward_peak = 0, later_gradients = 0;
  for (size_t l = run.first; l <= run.last; ++l) later_gradients += profile.stage(l).parameter_gradients;
  for (size_t l = run.first; l <= run.last; ++l) {
    const StageCost& cost = profile.stage(l);
    const int64_t input = l == run.first ? 0 : handed_on.added(run.first - 1, l - 1);
    forward_peak = std::max(forward_peak, input + cost.made() + cost.forward_overhead);
    taping_peak = std::max(taping_peak, sum.tape + cost.tape + cost.taping_overhead);
    sum.tape += cost.tape;
    later_gradients -= cost.parameter_gradients;
    backward_peak = std::max(backward_peak, sum.tape + cost.output_gradient + later_gradients + cost.backward_overhead);
    sum.parameter_gradients += cost.parameter_gradients;
    sum.conditions += cost.conditions;
    sum.forward_seconds += cost.forward_seconds;
    sum.taping_seconds += cost.taping_seconds;
    sum.backward_seconds += cost.backward_seconds;
  }
  sum.forward_overhead = forward_peak - sum.made();
  sum.taping_overhead = taping_peak - sum.tape;
  sum.backward_overhead = backward_peak - sum.tape - sum.output_gradient;
  return sum;
}

Profile coarse(const Profile& profile, const std::vector<Run>& runs) {
  const HandedOn handed_on(profile);
  Profile result{.input_gradient = profile.input_gradient};
  for (const Run& run : runs) result.stages.push_back(cost_of(profile, handed_on, run));
  return result;
}

/// An operation on a run as operations on its stages.
void expand(const Operation& operation, const Run& run, Schedule& schedule) {
  if (operation.kind == Kind::backward) {
    for (size_t l = run.last; l >= run.first; --l) schedule.push_back({Kind::backward, l});
    return;
  }
  const Kind rest = operation.kind == Kind::forward_taping ? Kind::forward_taping : Kind::forward;
  for (size_t l = run.first; l <= run.last; ++l) schedule.push_back({l == run.first ? operation.kind : rest, l});
}

Schedule expanded(const Schedule& schedule, const std::vector<Run>& runs) {
  Schedule all;
  for (const auto& operation : schedule) expand(operation, runs[operation.stage - 1], all);
  return all;
}

/// Those plans that no other beats in both, by rising peak.
std::vector<Plan> undominated(std::vector<Plan> plans) {
  std::stable_sort(plans.begin(), plans.end(), [](const Plan& a, const Plan& b) {
    return a.predicted.peak != b.predicted.peak ? a.predicted.peak < b.predicted.peak
                                                : a.predicted.seconds < b.predicted.seconds;
  });
  std::vector<Plan> kept;
  for (auto& plan : plans) {
    constexpr double kSame = 1 - 1e-6;  // the table's times are floats: a gain below that is none
    if (kept.empty() || plan.predicted.seconds < kSame * kept.back().predicted.seconds) kept.push_back(std::move(plan));
  }
  return kept;
}

}  // namespace

Planner::Planner(const Profile& profile, PlannerOptions options) {
  if (profile.size() == 0) throw UsageError("planner", got_expected("a chain of 0 stages", "at least 1"));
  const auto runs = runs_of(profile.size(), static_cast<size_t>(options.stages));
  const Profile chain = coarse(profile, runs);
  const Schedule everything = checkpointing::store_all(profile.size());
  const int64_t most = predict(everything, profile).peak;
  const int64_t slot = std::max<int64_t>(1, (most + options.slots - 1) / options.slots);
  const int64_t slots = most / slot + static_cast<int64_t>(runs.size());  // room for what rounding adds
  const DynamicProgram program(chain, slot, slots);

  std::vector<Plan> plans{{everything, predict(everything, profile)}};
  double seconds = std::numeric_limits<double>::infinity();
  for (int64_t m = 0; m <= slots; ++m) {
    if (!(program.seconds(m) < seconds)) continue;
    seconds = program.seconds(m);
    Schedule schedule = expanded(program.schedule(m), runs);
    const Prediction predicted = predict(schedule, profile);
    plans.push_back({std::move(schedule), predicted});
  }
  trade_off_ = undominated(std::move(plans));
}

const Plan* Planner::find(int64_t bytes) const {
  const auto after = std::partition_point(trade_off_.begin(), trade_off_.end(),
                                          [&](const Plan& plan) { return plan.predicted.peak <= bytes; });
  return after == trade_off_.begin() ? nullptr : &*(after - 1);
}

const Plan& Planner::within(int64_t bytes) const {
  if (const Plan* plan = find(bytes)) return *plan;
  throw UsageError("memory budget",
                   cat(got_expected(cat(bytes, " bytes for what a step adds"),
                                    cat("at least ", least().predicted.peak, ", the least possible"))));
}

}  // namespace cairn::checkpointing
