// What `train` and `resume` print.
#pragma once

#include <filesystem>

#include "cairn/tool/output.h"
#include "cairn/train/learner.h"

namespace cairn::tool {

/// Returns the exit code: 1 for a run that a signal stopped, else 0.
int print_train_result(const train::TrainResult& result, const std::filesystem::path& run, const OutputStyle& style);

/// {"valid.nll": 88.1, ...}
Json to_json(const train::Metrics& metrics, const std::string& prefix = "");

}  // namespace cairn::tool
