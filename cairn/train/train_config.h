// A recipe's `train` section: how long, how fast, with what, and how often to look.
#pragma once

#include <optional>
#include <string>

#include "cairn/base/options.h"

namespace cairn::train {

struct TrainConfig {
  double epochs = 0;
  int64_t steps = 0;
  int64_t batch = 100;
  int64_t accumulate = 1;
  double lr = 0.001;
  int64_t seed = 1;

  std::string optimizer = "adam";
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;

  std::string schedule = "constant";
  int64_t warmup = 0;
  double lr_end = 0;
  int64_t step_every = 1000;
  double step_factor = 0.1;
  int64_t step_from = 0;

  double clip = 0;
  double ema = 0;
  int64_t average_after = 0;
  int64_t average_checkpoints = 0;
  std::string precision = "fp32";
  std::string memory_budget;

  std::string checkpoint_every = "10 minutes";
  std::string evaluate_every = "1 epochs";
  std::string log_every = "100";
  int64_t keep = 2;
  int64_t patience = 0;
  std::string mode = "deterministic";
  int64_t threads = 0;
  std::string device = "cpu";

  void fields(Fields& f);
};

/// The `train` section of a recipe. A cadence may be written as a bare number of steps. Throws UsageError for an
/// unknown key, a wrong value, or values that do not go together.
TrainConfig read_train_config(const Document& recipe);

/// Steps of the whole run: `steps`, or `epochs` passes rounded up; the smaller if both are given.
int64_t total_steps(const TrainConfig& config, double steps_per_epoch);

}  // namespace cairn::train
