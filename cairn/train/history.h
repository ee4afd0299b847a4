// What a run's log.jsonl tells, as curves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cairn/vision/chart.h"

namespace cairn::train {

/// One curve for each number that was logged, against the step, in the order of first appearance. Numbers inside an
/// object are named through a dot ("loss.nll"). Lines of a closing evaluation ("final": true) are left out: they
/// measure another model, the best one. A last line that a killed process left unfinished is ignored. A file that is
/// absent gives no curves.
class History {
 public:
  /// Throws InputError, naming file and line, for any other line that is no JSON object with a "step".
  static History read(const std::filesystem::path& log);

  const std::vector<vision::Series>& curves() const { return curves_; }
  /// Null if nothing of that name was logged.
  const vision::Series* find(const std::string& name) const;

 private:
  vision::Series& curve(const std::string& name);

  std::vector<vision::Series> curves_;
};

}  // namespace cairn::train
