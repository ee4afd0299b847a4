#include "cairn/train/training_step.h"

#include <algorithm>
#include <cmath>

#include "cairn/nn/state_dict.h"
#include "cairn/train/autocast.h"
#include "cairn/train/gradients.h"
#include "cairn/train/memory_meter.h"

namespace cairn::train {

namespace {

std::string examples_of(const data::Batch& batch) {
  constexpr int64_t kShown = 16;
  std::string text;
  for (int64_t i = 0; i < std::min(batch.size(), kShown); ++i)
    text += cat(i ? ", " : "", batch.index[i].item<int64_t>());
  return batch.size() > kShown ? text + ", ..." : text;
}

}  // namespace

TrainingStep::TrainingStep(Task& task, const TrainConfig& config, torch::Device device)
    : task_(task), config_(config), device_(device) {
  task_.network().to(device_);
  if (config_.precision == "fp64") task_.network().to(torch::kFloat64);
  stream_ = task_.stream(config_.batch, RandomStream(static_cast<uint64_t>(config_.seed), "batches"));
  optimizer_.emplace(task_.network(), OptimizerOptions::of(config_));
  if (config_.ema > 0) ema_.emplace(task_.network(), config_.ema);
  if (config_.memory_budget.empty()) return;
  count_memory();
  budget_.emplace(config_.memory_budget, standing_bytes());
}

int64_t TrainingStep::standing_bytes() const {
  int64_t bytes = 0;
  const auto add = [&](const std::map<std::string, torch::Tensor>& tensors) {
    for (const auto& [name, tensor] : tensors) bytes += static_cast<int64_t>(tensor.nbytes());
  };
  add(nn::state_dict(task_.network()));
  add(optimizer_->state());
  if (ema_) add(ema_->state());
  return bytes;
}

Losses TrainingStep::losses_of(const data::Batch& batch, const StepContext& context) {
  if (!budget_) return task_.losses(batch, context);
  const int64_t before = memory_use(device_).live;
  const auto staged = task_.stages(batch, context);
  if (!staged) {
    throw UsageError("train.memory_budget",
                     got_expected("a network that does not say its stages", "one that does, or no budget"));
  }
  return budget_->losses(*staged, memory_use(device_).live - before);
}

Losses TrainingStep::forward_and_backward(const data::Batch& batch, const StepContext& context) {
  Losses losses;
  {
    const Autocast autocast({.device = device_.type(), .enabled = config_.precision == "bf16"});
    losses = losses_of(batch, context);
  }
  if (losses.empty()) throw UsageError("task", got_expected("no loss", "at least one"));
  (losses.front().second * (1.0 / static_cast<double>(config_.accumulate))).backward();
  return losses;
}

void TrainingStep::accumulate(const data::Batch& batch, const StepContext& context, StepResult& result) {
  const double share = 1.0 / static_cast<double>(config_.accumulate);
  const Losses losses = forward_and_backward(batch, context);
  if (result.losses.empty()) {
    for (const auto& [name, loss] : losses) result.losses.emplace_back(name, 0.0);
  }
  for (size_t i = 0; i < losses.size(); ++i) {
    const double value = losses[i].second.item<double>();
    if (!std::isfinite(value)) {
      throw NotFinite("train", cat("loss '", losses[i].first, "' is ", value, " at step ", context.step + 1,
                                   ", examples ", examples_of(batch)));
    }
    result.losses.at(i).second += share * value;
  }
  result.examples += batch.size();
}

StepResult TrainingStep::run(int64_t step, double lr) {
  const auto seed = static_cast<uint64_t>(config_.seed);
  // LibTorch's own draws (dropout) start anew from each step's number: nothing of its generator needs saving.
  at::manual_seed(RandomStream(seed, "libtorch").at(static_cast<uint64_t>(step)).seed());
  const RandomStream random = RandomStream(seed, "losses").at(static_cast<uint64_t>(step));

  StepResult result;
  data::Batch batch;
  for (int64_t micro = 0; micro < config_.accumulate; ++micro) {
    batch = stream_->next();
    accumulate(batch.to(device_), {.step = step, .micro = micro, .random = random.at(static_cast<uint64_t>(micro))},
               result);
  }
  result.grad_norm = gradient_norm(optimizer_->parameters());
  if (!std::isfinite(result.grad_norm)) {
    throw NotFinite("train", cat("the gradient's norm is ", result.grad_norm, " at step ", step + 1, ", examples ",
                                 examples_of(batch)));
  }
  if (config_.clip > 0) clip_gradients(optimizer_->parameters(), result.grad_norm, config_.clip);
  optimizer_->step(lr);
  optimizer_->zero_grad();
  task_.after_step();
  if (ema_) ema_->update();
  return result;
}

}  // namespace cairn::train
