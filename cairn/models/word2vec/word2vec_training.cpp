#include "cairn/models/word2vec/word2vec_training.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/stop.h"
#include "cairn/base/text.h"
#include "cairn/base/threads.h"
#include "cairn/io/atomic_file.h"
#include "cairn/train/device.h"
#include "cairn/train/machine.h"
#include "cairn/train/model_card.h"
#include "cairn/train/schedule.h"

namespace cairn::word2vec {

using data::Split;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kMostRounds = 32;    // between two looks at signals and at the clock
constexpr int64_t kReadRounds = 4096;  // whose tokens, up to 32 MB, may be in memory

double mean(const LossSum& sum) {
  return sum.positives == 0 ? 0 : sum.loss / static_cast<double>(sum.positives);
}

void add(LossSum& sum, const LossSum& more) {
  sum.loss += more.loss;
  sum.positives += more.positives;
}

Json to_json(const LossSum& sum) {
  return {{"loss", sum.loss}, {"positives", sum.positives}};
}

LossSum loss_sum(const Json& json) {
  return {.loss = json.at("loss").get<double>(), .positives = json.at("positives").get<int64_t>()};
}

/// What must be equal for a resumed run to end in the same bits: the number of threads need not be.
Json conditions() {
  Json all = train::conditions(0);
  all.erase("threads");
  return all;
}

}  // namespace

Training::Training(Word2VecLearner& learner, const train::TrainConfig& config, train::RunFolder& folder)
    : learner_(learner),
      config_(config),
      folder_(folder),
      token_path_(folder.path() / "tokens.i32"),
      store_(folder.checkpoints(), config.keep) {
  train::set_up_compute({.device = config.device, .threads = config.threads});
  if (config.device != "cpu")
    throw UsageError("train.device", got_expected(config.device, "cpu: word2vec trains there"));
  auto& parts = learner.parts();
  io::remove_stale_temporaries(folder.path());
  if (!std::filesystem::exists(token_path_)) parts.corpus->encode(parts.vocabulary, token_path_);
  tokens_.emplace(token_path_);
  plan_ = RoundPlan::of(static_cast<int64_t>(tokens_->tokens().size()), parts.vocabulary, parts.sampling);
  const auto per_epoch = static_cast<double>(plan_.per_epoch);
  total_ = train::total_steps(config, per_epoch);
  log_due_.emplace(config.log_every, "train.log_every", per_epoch);
  evaluate_due_.emplace(config.evaluate_every, "train.evaluate_every", per_epoch);
  checkpoint_due_.emplace(config.checkpoint_every, "train.checkpoint_every", per_epoch);
  const int threads = config.threads > 0 ? static_cast<int>(config.threads) : available_threads();
  rounds_ = std::make_unique<RoundRunner>(parts.parameters, parts.sampling, plan_,
                                          RoundOptions{.deterministic = config.mode == "deterministic",
                                                       .threads = threads,
                                                       .seed = static_cast<uint64_t>(config.seed),
                                                       .lr = [this](int64_t round) { return lr_at(round); }});
}

double Training::lr_at(int64_t round) const {
  return train::learning_rate(round, total_, config_);
}

train::TrainResult Training::run() {
  restore();
  const StopSignals signals;
  progress_.emplace(ProgressOptions{.what = "train", .total = total_, .done = state_.step});
  while (state_.step < total_) {
    advance();
    const bool done = state_.step >= total_;
    if (state_.step % plan_.per_epoch == 0 || done) end_epoch();
    if (log_due_->at(state_.step) || done) write_log();
    if (learner_.has(Split::valid) && (evaluate_due_->at(state_.step) || done)) {
      state_.last = measure(Split::valid, /*final=*/false);
      write_metrics(state_.last, {{"step", state_.step}, {"epoch", epochs()}});
    }
    if (checkpoint_due_->at(state_.step) || stop_requested() || done) checkpoint();
    if (stop_requested() && !done) {
      log::info(cat("stopped at step ", state_.step, "; to go on: cairn resume ", folder_.path().string()));
      return result(state_.last, /*interrupted=*/true);
    }
  }
  return finish();
}

void Training::restore() {
  store_.remove_leftovers();
  if (const auto saved = store_.newest()) {
    learner_.load(saved->model.tensors, saved->source);
    state_ = saved->state;
    try {
      window_ = loss_sum(state_.stream.at("window"));
      epoch_ = loss_sum(state_.stream.at("epoch"));
      first_epoch_loss_ = state_.stream.at("first_epoch_loss").get<double>();
      last_epoch_loss_ = state_.stream.at("last_epoch_loss").get<double>();
    } catch (const Json::exception& error) {
      throw InputError(saved->source, error.what());
    }
    checkpointed_ = state_.step;
    log::info(cat("going on from ", saved->source));
  }
  log_.emplace(folder_.log(), state_.log_bytes);
  events_.emplace(folder_.events(), state_.event_bytes);
}

/// The next round at which something may be due.
int64_t Training::next_stop() const {
  const int64_t now = state_.step;
  int64_t stop = std::min(now + kMostRounds, total_);
  stop = std::min(stop, (now / plan_.per_epoch + 1) * plan_.per_epoch);
  for (const train::Due* due : {&*log_due_, &*evaluate_due_, &*checkpoint_due_}) {
    stop = std::min(stop, due->next_after(now, stop));
  }
  return stop;
}

void Training::advance() {
  const int64_t stop = next_stop();
  const auto begin = Clock::now();
  const LossSum sum = rounds_->run(tokens_->tokens(), state_.step, stop);
  if (!std::isfinite(sum.loss)) {
    throw InputError("train", cat("the loss is not finite between steps ", state_.step, " and ", stop,
                                  "; a smaller train.lr may help"));
  }
  add(window_, sum);
  add(epoch_, sum);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  state_.seconds += seconds;
  window_seconds_ += seconds;
  window_rounds_ += stop - state_.step;
  if (stop / kReadRounds != state_.step / kReadRounds) tokens_->forget();
  state_.step = stop;
  progress_->update({.done = state_.step, .loss = mean(window_)});
}

void Training::end_epoch() {
  last_epoch_loss_ = mean(epoch_);
  if (state_.step <= plan_.per_epoch) first_epoch_loss_ = last_epoch_loss_;
  progress_->clear();
  log::info(cat("epoch ", fixed(epochs(), 2), ": mean loss ", fixed(last_epoch_loss_, 5)));
  events_->scalar("train/epoch_loss", state_.step, last_epoch_loss_);
  log_->append({{"step", state_.step}, {"epoch", epochs()}, {"epoch_loss", last_epoch_loss_}});
  epoch_ = {};
}

void Training::write_log() {
  const double rate = static_cast<double>(window_rounds_) * static_cast<double>(plan_.chunk * kShards) /
                      std::max(window_seconds_, 1e-9);
  events_->scalar("train/loss", state_.step, mean(window_));
  log_->append({{"step", state_.step},
                {"epoch", epochs()},
                {"lr", lr_at(state_.step - 1)},
                {"loss", {{"pair", mean(window_)}}},
                {"seconds", state_.seconds},
                {"rate", rate}});
  window_ = {};
  window_seconds_ = 0;
  window_rounds_ = 0;
}

void Training::write_metrics(const train::Metrics& metrics, Json line) {
  for (const auto& [name, value] : metrics) {
    line[name] = value;
    events_->scalar(name, state_.step, value);
  }
  log_->append(line);
}

train::Metrics Training::measure(Split split, bool final) {
  train::Metrics metrics = learner_.evaluate({.split = split, .final = final}).metrics;
  for (auto& [name, value] : metrics) name = cat(data::name_of(split), ".", name);
  return metrics;
}

void Training::checkpoint() {
  if (checkpointed_ == state_.step) return;
  log_->sync();
  state_.log_bytes = log_->bytes();
  state_.event_bytes = events_->bytes();
  state_.steps_per_epoch = static_cast<double>(plan_.per_epoch);
  state_.stream = {{"window", to_json(window_)},
                   {"epoch", to_json(epoch_)},
                   {"first_epoch_loss", first_epoch_loss_},
                   {"last_epoch_loss", last_epoch_loss_}};
  state_.conditions = conditions();
  store_.save({.model = {.config = train::model_config_json(learner_, folder_.recipe(), state_.last),
                         .tensors = learner_.tensors()},
               .weights = std::nullopt,
               .optimizer = {},
               .state = state_,
               .source = ""});
  checkpointed_ = state_.step;
}

train::TrainResult Training::finish() {
  progress_.reset();
  train::ModelCard card{.metrics = {{"train.loss", last_epoch_loss_}},
                        .counts = {},
                        .steps = state_.step,
                        .epochs = epochs(),
                        .parameters = result({}, false).parameters,
                        .seconds = state_.seconds};
  for (const auto split : {Split::valid, Split::test}) {
    if (!learner_.has(split)) continue;
    const auto metrics = measure(split, /*final=*/true);
    card.metrics.insert(card.metrics.end(), metrics.begin(), metrics.end());
  }
  write_metrics(card.metrics, {{"step", state_.step}, {"epoch", epochs()}, {"final", true}});
  log_->sync();
  train::write_model_folder(learner_, folder_, learner_.tensors(), card);
  train::Metrics metrics = card.metrics;
  metrics.emplace_back("train.first_epoch_loss", first_epoch_loss_);
  const train::TrainResult finished = result(std::move(metrics), /*interrupted=*/false);
  folder_.write_result({{"steps", finished.steps},
                        {"epochs", finished.epochs},
                        {"seconds", finished.seconds},
                        {"parameters", finished.parameters},
                        {"metrics", train::to_json(finished.metrics)}});
  std::filesystem::remove(token_path_);
  return finished;
}

train::TrainResult Training::result(train::Metrics metrics, bool interrupted) const {
  const Parameters& p = learner_.parts().parameters;
  return {.steps = state_.step,
          .epochs = epochs(),
          .seconds = state_.seconds,
          .parameters = (p.input.rows() + p.output.rows()) * p.input.width(),
          .metrics = std::move(metrics),
          .interrupted = interrupted};
}

}  // namespace cairn::word2vec
