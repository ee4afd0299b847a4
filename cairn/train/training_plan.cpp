#include "cairn/train/training_plan.h"

#include <chrono>

#include "cairn/train/autocast.h"
#include "cairn/train/device.h"
#include "cairn/train/memory_meter.h"
#include "cairn/train/training_step.h"

namespace cairn::train {

TrainingPlan plan_training(Task& task, TrainConfig config) {
  if (config.memory_budget.empty()) config.memory_budget = "1";
  const auto device = set_up_compute(
      {.device = config.device, .threads = config.threads, .deterministic = config.mode == "deterministic"});
  count_memory();
  task.network().train();
  TrainingStep training(task, config, device);
  const auto batch = training.stream().next().to(device);
  TrainingPlan result;
  for (int64_t step = 0; step < 2; ++step) {
    const StepContext context{.step = step, .micro = 0, .random = RandomStream(1, "plan")};
    const PeakMeter meter(device);
    const auto begin = std::chrono::steady_clock::now();
    training.forward_and_backward(batch, context);
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    result.peak = training.standing_bytes() + meter.peak() - meter.before();
    training.optimizer().zero_grad();
  }
  result.plan = *training.budget()->latest();
  return result;
}

}  // namespace cairn::train
