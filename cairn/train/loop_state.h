// Where a training run stands, as far as it is no tensor: a checkpoint's state.json.
#pragma once

#include <cstdint>
#include <string>

#include "cairn/base/document.h"
#include "cairn/train/learner.h"

namespace cairn::train {

/// Sums since the last line of the log.
struct Window {
  int64_t steps = 0;
  Metrics losses;
  double grad_norm = 0;

  void add(const Metrics& step_losses, double step_grad_norm);
};

struct LoopState {
  int64_t step = 0;  ///< optimiser steps done
  double steps_per_epoch = 1;
  double seconds = 0;  ///< of training, over all sittings
  int64_t ema_updates = 0;
  int64_t best_step = -1;  ///< -1: nothing evaluated yet
  double best_value = 0;   ///< of the leading metric
  int64_t stale = 0;       ///< evaluations since the best one
  Metrics last;            ///< the latest evaluation, "valid.nll"
  Window window;
  Json stream;              ///< position in the training data
  int64_t log_bytes = 0;    ///< of log.jsonl that belong to this state
  int64_t event_bytes = 0;  ///< of the TensorBoard file
  Json conditions;          ///< machine.h

  Json to_json() const;
  /// Throws InputError naming `source` if something is missing or of the wrong kind.
  static LoopState from_json(const Json& json, const std::string& source);
};

Json to_json(const Metrics& metrics);

}  // namespace cairn::train
