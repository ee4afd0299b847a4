// The model folder that a run leaves, and its README.md.
#pragma once

#include "cairn/train/checkpoint.h"
#include "cairn/train/learner.h"
#include "cairn/train/run_folder.h"

namespace cairn::train {

/// {"system", "format": 1, "model", "metrics", "recipe"}
Json model_config_json(const Learner& learner, const Recipe& recipe, const Metrics& metrics);

struct ModelCard {
  Metrics metrics;                                      ///< "valid.nll", ...
  std::vector<std::pair<std::string, int64_t>> counts;  ///< split and the examples it was measured on
  int64_t steps = 0;
  double epochs = 0;
  int64_t parameters = 0;
  double seconds = 0;
};

/// Writes `folder`.model() anew, complete or not at all; a model of before is replaced.
void write_model_folder(const Learner& learner, const RunFolder& folder, const Tensors& tensors, const ModelCard& card);

}  // namespace cairn::train
