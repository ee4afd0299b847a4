// Measured peaks against predicted ones, over the whole range of budgets.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "cairn/train/checkpointing/execute.h"
#include "cairn/train/checkpointing/measure.h"
#include "cairn/train/checkpointing/planner.h"
#include "cairn/train/memory_meter.h"

namespace cairn::checkpointing {

/// Peak of a step by `schedule`, beyond what lived before it. The chain's last output is reduced to its sum.
inline int64_t measured_peak(const Chain& chain, const Schedule& schedule, const Activations& input) {
  const train::PeakMeter peak;
  execute(chain, schedule, input).back().sum().backward();
  return peak.peak() - peak.before();
}

/// At twenty budgets from the least to that of plain autograd: within 5 % of the prediction, and rising. The range must
/// be wide, or nothing is shown: the least is at most `share` of the most. `forget` drops the gradients.
inline void expect_predicted_peaks(const Chain& chain, const Activations& input, double share,
                                   const std::function<void()>& forget) {
  train::count_memory();
  const Planner planner(measure(chain, input, {.passes = 1}));
  const auto least = static_cast<double>(planner.least().predicted.peak);
  const auto most = static_cast<double>(planner.store_all().predicted.peak);
  EXPECT_LT(least, share * most);
  int64_t before = 0;
  for (int budget = 0; budget < 20; ++budget) {
    const Plan& plan = planner.within(static_cast<int64_t>(least + (most - least) * budget / 19));
    forget();
    const int64_t peak = measured_peak(chain, plan.schedule, input);
    const auto predicted = static_cast<double>(plan.predicted.peak);
    EXPECT_NEAR(static_cast<double>(peak), predicted, 0.05 * predicted) << budget;
    EXPECT_GE(peak, before) << budget;
    before = peak;
  }
}

}  // namespace cairn::checkpointing
