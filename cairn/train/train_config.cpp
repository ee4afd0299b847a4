#include "cairn/train/train_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cairn/base/error.h"
#include "cairn/train/cadence.h"

namespace cairn::train {

void TrainConfig::fields(Fields& f) {
  f("epochs", epochs, "passes over the training set (0: give steps)", between(0, 1e9));
  f("steps", steps, "optimiser steps (0: give epochs); the earlier end counts if both are given", between(0, 1e15));
  f("batch", batch, "examples a batch", at_least(1));
  f("accumulate", accumulate, "batches whose gradients make one step", at_least(1));
  f("lr", lr, "learning rate at its highest", at_least(0));
  f("seed", seed, "of everything random in the run", at_least(0));
  f("optimizer", optimizer, "sgd, adam, adamw, rmsprop or adagrad",
    one_of({"sgd", "adam", "adamw", "rmsprop", "adagrad"}));
  f("momentum", momentum, "of sgd and rmsprop", between(0, 1));
  f("nesterov", nesterov, "Nesterov's momentum, for sgd");
  f("beta1", beta1, "decay of adam's mean of gradients", between(0, 1));
  f("beta2", beta2, "decay of adam's mean of squared gradients", between(0, 1));
  f("alpha", alpha, "decay of rmsprop's mean of squared gradients", between(0, 1));
  f("eps", eps, "added to the denominator of adam, rmsprop and adagrad", at_least(0));
  f("weight_decay", weight_decay, "pull of weights to 0; decoupled for adamw, else part of the gradient", at_least(0));
  f("schedule", schedule, "of the learning rate: constant, linear, cosine, step or inverse_sqrt",
    one_of({"constant", "linear", "cosine", "step", "inverse_sqrt"}));
  f("warmup", warmup, "steps over which the learning rate rises from 0", at_least(0));
  f("lr_end", lr_end, "learning rate at the end of linear and cosine", at_least(0));
  f("step_every", step_every, "steps between two falls of the step schedule", at_least(1));
  f("step_factor", step_factor, "what the step schedule multiplies with", between(0, 1));
  f("step_from", step_from, "steps before the first fall of the step schedule (0: step_every)", at_least(0));
  f("clip", clip, "largest global norm of the gradient (0: no limit)", at_least(0));
  f("ema", ema, "decay of the moving average of the weights that is evaluated and saved (0: none)",
    between(0, 0.9999999));
  f("average_after", average_after,
    "evaluations without improvement after which the mean of all weights from then on is evaluated and saved (0: "
    "never)",
    at_least(0));
  f("average_checkpoints", average_checkpoints,
    "the model is the mean of so many newest checkpoints (Vaswani et al. 2017: 5, big models 20), not the best weights "
    "(0); keep holds at least as many",
    at_least(0));
  f("precision", precision, "of training and its evaluations: fp32, bf16 (autocast) or fp64",
    one_of({"fp32", "bf16", "fp64"}));
  f("memory_budget", memory_budget,
    "most bytes that tensors hold in a step (800MB, 1.5GiB, or a share of what it takes without): some stages are "
    "computed again, with the same results");
  f("checkpoint_every", checkpoint_every, "\"500\" steps, \"2 epochs\", \"10 minutes\" or \"never\"", cadence());
  f("evaluate_every", evaluate_every, "as checkpoint_every; counted in minutes a resumed run may choose another best",
    cadence());
  f("log_every", log_every, "steps or epochs between two lines of log.jsonl", cadence());
  f("keep", keep, "newest checkpoints kept, besides the best weights", at_least(1));
  f("patience", patience, "evaluations without improvement before the run stops (0: never)", at_least(0));
  f("mode", mode, "deterministic: the same bits each time; fast: where that is quicker, results may depend on timing",
    one_of({"deterministic", "fast"}));
  f("threads", threads, "compute threads (0: LibTorch's choice)", between(0, 4096));
  f("device", device, "cpu, cuda or cuda:N");
}

namespace {

/// `log_every: 500` without quotes is a number to YAML; the option is a text.
void numbers_to_texts(Document& section) {
  for (const char* key : {"checkpoint_every", "evaluate_every", "log_every", "memory_budget"}) {
    if (section.contains(key) && section.at(key).is_number())
      section.set(key, section.at(key).dump(), section.origin(key));
  }
}

void check_together(const TrainConfig& config) {
  if (config.epochs == 0 && config.steps == 0) {
    throw UsageError("train.epochs",
                     got_expected("neither epochs nor steps", "how long to train: train.epochs or train.steps"));
  }
  if (config.nesterov && (config.optimizer != "sgd" || config.momentum == 0)) {
    throw UsageError("train.nesterov", got_expected("true", "sgd with a momentum above 0"));
  }
  if (config.average_after > 0 && config.ema > 0) {
    throw UsageError("train.average_after", got_expected("it beside train.ema", "one kind of average"));
  }
  if (config.average_checkpoints > config.keep) {
    throw UsageError("train.average_checkpoints",
                     got_expected(config.average_checkpoints, cat("at most train.keep, which is ", config.keep)));
  }
  if (Cadence::parse(config.log_every, "train.log_every").unit == Cadence::Unit::minutes) {
    throw UsageError("train.log_every", got_expected(config.log_every, "steps or epochs"));
  }
}

}  // namespace

TrainConfig read_train_config(const Document& recipe) {
  Document section = recipe.section("train");
  numbers_to_texts(section);
  TrainConfig config;
  fields_of(config).read(section, "train");
  check_together(config);
  return config;
}

int64_t total_steps(const TrainConfig& config, double steps_per_epoch) {
  constexpr auto kNoLimit = std::numeric_limits<int64_t>::max();
  const int64_t by_steps = config.steps > 0 ? config.steps : kNoLimit;
  const double passes = std::min(std::ceil(config.epochs * steps_per_epoch - 1e-9), 1e15);
  const int64_t by_epochs = config.epochs > 0 ? std::max<int64_t>(1, static_cast<int64_t>(passes)) : kNoLimit;
  return std::min(by_steps, by_epochs);
}

}  // namespace cairn::train
