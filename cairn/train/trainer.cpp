#include "cairn/train/trainer.h"

#include <chrono>
#include <cmath>

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/progress.h"
#include "cairn/base/stop.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/tensorboard_events.h"
#include "cairn/nn/state_dict.h"
#include "cairn/train/autocast.h"
#include "cairn/train/carried_state.h"
#include "cairn/train/checkpoint.h"
#include "cairn/train/device.h"
#include "cairn/train/due.h"
#include "cairn/train/log_file.h"
#include "cairn/train/machine.h"
#include "cairn/train/memory_meter.h"
#include "cairn/train/model_card.h"
#include "cairn/train/report.h"
#include "cairn/train/schedule.h"
#include "cairn/train/training_step.h"

namespace cairn::train {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// One sitting of a run: from its newest checkpoint to its end or to a signal.
class Sitting {
 public:
  Sitting(const TrainConfig& config, Task& task, RunFolder& folder);

  TrainResult run();

 private:
  void restore();
  void step();
  void write_log(double lr);
  void write_metrics(const Metrics& metrics, Json line);
  void evaluate();
  void checkpoint();
  TrainResult finish();
  TrainResult result(Metrics metrics, bool interrupted) const;

  bool done() const { return state_.step >= total_ || (config_.patience > 0 && state_.stale >= config_.patience); }
  double epochs() const { return static_cast<double>(state_.step) / steps_per_epoch_; }
  Evaluation measure(data::Split split, bool final);
  Tensors usable_weights();
  Tensors final_weights();
  ModelFiles model_files();
  std::string last_good() const;

  TrainConfig config_;
  Task& task_;
  RunFolder& folder_;
  torch::Device device_;
  TrainingStep training_;
  CheckpointStore store_;
  double steps_per_epoch_;
  int64_t total_;
  Due log_due_, evaluate_due_, checkpoint_due_;
  LoopState state_;
  std::optional<LogFile> log_;
  std::optional<io::EventWriter> events_;
  std::optional<Progress> progress_;
  double window_seconds_ = 0;
  int64_t window_examples_ = 0;
  int64_t checkpointed_ = -1;
};

Sitting::Sitting(const TrainConfig& config, Task& task, RunFolder& folder)
    : config_(config),
      task_(task),
      folder_(folder),
      device_(set_up_compute(
          {.device = config.device, .threads = config.threads, .deterministic = config.mode == "deterministic"})),
      training_(task, config, device_),
      store_(folder.checkpoints(), config.keep),
      steps_per_epoch_(static_cast<double>(training_.stream().batches_per_epoch()) /
                       static_cast<double>(config.accumulate)),
      total_(total_steps(config, steps_per_epoch_)),
      log_due_(config.log_every, "train.log_every", steps_per_epoch_),
      evaluate_due_(config.evaluate_every, "train.evaluate_every", steps_per_epoch_),
      checkpoint_due_(config.checkpoint_every, "train.checkpoint_every", steps_per_epoch_) {}

TrainResult Sitting::run() {
  count_memory();
  restore();
  const StopSignals signals;
  progress_.emplace(ProgressOptions{.what = "train", .total = total_, .done = state_.step});
  task_.network().train();
  while (!done()) {
    step();
    if (evaluate_due_.at(state_.step) || done()) evaluate();
    if (checkpoint_due_.at(state_.step) || stop_requested() || done()) checkpoint();
    if (stop_requested() && !done()) {
      log::info(cat("stopped at step ", state_.step, "; to go on: cairn resume ", folder_.path().string()));
      return result(state_.last, /*interrupted=*/true);
    }
  }
  return finish();
}

void Sitting::restore() {
  io::remove_stale_temporaries(folder_.path());
  store_.remove_leftovers();
  if (const auto saved = store_.newest()) {
    const Tensors& weights = saved->weights ? *saved->weights : saved->model.tensors;
    nn::load_state_dict(task_.network(), weights, saved->source);
    training_.optimizer().load(saved->optimizer, saved->source);
    if (saved->weights && config_.average_after > 0) training_.start_average();
    if (training_.ema()) training_.ema()->load(saved->model.tensors, saved->state.ema_updates, saved->source);
    training_.stream().seek(saved->state.stream);
    if (auto* carried = dynamic_cast<CarriedState*>(&task_)) carried->carry(saved->carried);
    state_ = saved->state;
    checkpointed_ = state_.step;
    log::info(cat("going on from ", saved->source));
  }
  log_.emplace(folder_.log(), state_.log_bytes);
  events_.emplace(folder_.events(), state_.event_bytes);
}

void Sitting::step() {
  const auto begin = Clock::now();
  const double lr = learning_rate(state_.step, total_, config_);
  StepResult done;
  try {
    done = training_.run(state_.step, lr);
  } catch (const NotFinite& error) {
    throw InputError("train", cat(error.what(), "; ", last_good()));
  }
  ++state_.step;
  state_.window.add(done.losses, done.grad_norm);
  const double seconds = seconds_since(begin);
  state_.seconds += seconds;
  window_seconds_ += seconds;
  window_examples_ += done.examples;
  progress_->update({.done = state_.step, .loss = done.losses.front().second, .bytes = memory_use(device_).peak});
  if (log_due_.at(state_.step) || state_.step == total_) write_log(lr);
}

void Sitting::write_log(double lr) {
  const double steps = static_cast<double>(state_.window.steps);
  Metrics means = state_.window.losses;
  for (auto& [name, value] : means) value /= steps;
  for (const auto& [name, value] : means) events_->scalar("train/" + name, state_.step, value);
  events_->scalar("train/lr", state_.step, lr);
  const MemoryUse memory = memory_use(device_);
  log_->append({{"step", state_.step},
                {"epoch", epochs()},
                {"lr", lr},
                {"loss", to_json(means)},
                {"grad_norm", state_.window.grad_norm / steps},
                {"memory", {{"live", memory.live}, {"peak", memory.peak}, {"resident", resident_memory()}}},
                {"seconds", state_.seconds},
                {"rate", static_cast<double>(window_examples_) / std::max(window_seconds_, 1e-9)}});
  state_.window = {};
  window_seconds_ = 0;
  window_examples_ = 0;
}

void Sitting::write_metrics(const Metrics& metrics, Json line) {
  const std::string kind = line.contains("final") ? "final/" : "";
  for (const auto& [name, value] : metrics) {
    line[name] = value;
    events_->scalar(kind + name, state_.step, value);
  }
  log_->append(line);
}

Evaluation Sitting::measure(data::Split split, bool final) {
  at::manual_seed(RandomStream(static_cast<uint64_t>(config_.seed), "evaluate").seed());
  const torch::NoGradGuard no_grad;
  task_.network().eval();
  Evaluation evaluation;
  {
    const Autocast autocast({.device = device_.type(), .enabled = config_.precision == "bf16"});
    evaluation = task_.evaluate({.split = split, .final = final});
  }
  task_.network().train();
  for (auto& [name, value] : evaluation.metrics) name = cat(data::name_of(split), ".", name);
  return evaluation;
}

double value_of(const Metrics& metrics, const std::string& name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  throw UsageError("task", got_expected(cat("no metric '", name, "'"), "the leading one among those it measures"));
}

void Sitting::evaluate() {
  if (!task_.has(data::Split::valid)) return;
  {
    const WithAverages averages(training_.ema());
    state_.last = measure(data::Split::valid, /*final=*/false).metrics;
  }
  write_metrics(state_.last, {{"step", state_.step}, {"epoch", epochs()}});

  const double value = value_of(state_.last, "valid." + task_.leading_metric());
  const bool better = task_.lower_is_better() ? value < state_.best_value : value > state_.best_value;
  if (state_.best_step < 0 || better || std::isnan(state_.best_value)) {
    state_.best_step = state_.step;
    state_.best_value = value;
    state_.stale = 0;
    store_.save_best(state_.step, model_files());
  } else {
    ++state_.stale;
  }
  // Averaged SGD with a trigger that needs no number of steps (after Merity et al. 2018, section 4).
  if (config_.average_after > 0 && state_.stale >= config_.average_after && !training_.ema()) {
    training_.start_average();
    log::info(cat("step ", state_.step, ": from here on the mean of the weights is evaluated"));
  }
  progress_->clear();
  log::info(cat("step ", state_.step, ", epoch ", fixed(epochs(), 2), ": valid.", task_.leading_metric(), " ",
                fixed(value, 4), state_.stale == 0 ? " (best)" : ""));
}

/// Parameters (their averages where there are some) and buffers.
Tensors Sitting::usable_weights() {
  Tensors tensors = nn::state_dict(task_.network());
  if (training_.ema()) {
    for (const auto& [name, average] : training_.ema()->state()) tensors[name] = average;
  }
  return tensors;
}

ModelFiles Sitting::model_files() {
  return {.config = model_config_json(task_, folder_.recipe(), state_.last),
          .tensors = usable_weights(),
          .extras = [this](const std::filesystem::path& folder) { task_.write_extras(folder); }};
}

void Sitting::checkpoint() {
  if (checkpointed_ == state_.step) return;
  log_->sync();
  state_.log_bytes = log_->bytes();
  state_.event_bytes = events_->bytes();
  state_.stream = training_.stream().position();
  state_.ema_updates = training_.ema() ? training_.ema()->updates() : 0;
  state_.steps_per_epoch = steps_per_epoch_;
  state_.conditions = conditions(at::get_num_threads());
  Checkpoint checkpoint{.model = model_files(),
                        .weights = std::nullopt,
                        .optimizer = training_.optimizer().state(),
                        .carried = {},
                        .state = state_,
                        .source = ""};
  if (training_.ema()) checkpoint.weights = nn::state_dict(task_.network());
  if (const auto* carried = dynamic_cast<CarriedState*>(&task_)) checkpoint.carried = carried->carried();
  try {
    store_.save(checkpoint);
  } catch (const EnvironmentError& error) {
    throw EnvironmentError("checkpoint", cat(error.what(), "; ", last_good()));
  }
  checkpointed_ = state_.step;
}

std::string Sitting::last_good() const {
  const auto folder = store_.newest_folder();
  return folder ? cat("last good checkpoint: ", folder->string()) : "there is no checkpoint yet";
}

/// The mean of checkpoints if that is wanted, else the best weights, else the last ones.
Tensors Sitting::final_weights() {
  if (config_.average_checkpoints > 0) return store_.mean_of_newest(config_.average_checkpoints);
  return state_.best_step >= 0 ? store_.read_best(state_.best_step) : usable_weights();
}

/// Measures the final weights on what there is to measure on, and leaves the model folder.
TrainResult Sitting::finish() {
  progress_.reset();
  const Tensors weights = final_weights();
  nn::load_state_dict(task_.network(), weights, "final weights");
  ModelCard card{.metrics = {},
                 .counts = {},
                 .steps = state_.step,
                 .epochs = epochs(),
                 .parameters = nn::parameter_count(task_.network()),
                 .seconds = state_.seconds};
  for (const auto split : {data::Split::valid, data::Split::test}) {
    if (!task_.has(split)) continue;
    const Evaluation evaluation = measure(split, /*final=*/true);
    card.metrics.insert(card.metrics.end(), evaluation.metrics.begin(), evaluation.metrics.end());
    card.counts.emplace_back(data::name_of(split), evaluation.count);
  }
  write_metrics(card.metrics, {{"step", state_.step}, {"epoch", epochs()}, {"final", true}});
  log_->sync();
  task_.network().eval();
  write_model_folder(task_, folder_, weights, card);

  Metrics metrics = card.metrics;
  if (state_.best_step >= 0) {
    metrics.emplace_back("best.step", static_cast<double>(state_.best_step));
    metrics.emplace_back("best.valid." + task_.leading_metric(), state_.best_value);
  }
  for (const auto& [name, value] : state_.last) metrics.emplace_back("last." + name, value);
  const TrainResult finished = result(std::move(metrics), /*interrupted=*/false);
  folder_.write_result({{"steps", finished.steps},
                        {"epochs", finished.epochs},
                        {"seconds", finished.seconds},
                        {"parameters", finished.parameters},
                        {"metrics", to_json(finished.metrics)}});
  return finished;
}

TrainResult Sitting::result(Metrics metrics, bool interrupted) const {
  return {.steps = state_.step,
          .epochs = epochs(),
          .seconds = state_.seconds,
          .parameters = nn::parameter_count(task_.network()),
          .metrics = std::move(metrics),
          .interrupted = interrupted};
}

}  // namespace

TrainResult Task::run(const TrainConfig& config, RunFolder& folder) {
  return Trainer(config).run(*this, folder);
}

Trainer::Trainer(TrainConfig config) : config_(std::move(config)) {}

TrainResult Trainer::run(Task& task, RunFolder& folder) {
  TrainResult result = Sitting(config_, task, folder).run();
  write_report(folder, &task);
  return result;
}

}  // namespace cairn::train
