// The rows of a StepScorer while hypotheses come and go: checked steps, and selections only where something changes.
#pragma once

#include <vector>

#include "cairn/models/transformer/step_scorer.h"

namespace cairn::transformer {

class DecodingRows {
 public:
  /// `scorer` has `count` rows and outlives this.
  DecodingRows(StepScorer& scorer, size_t count) : scorer_(scorer), count_(count) {}

  int64_t vocabulary() const { return scorer_.vocabulary(); }
  /// One newest token a row -> log p [rows, V]: a row's V numbers stand at `row(r)` until the next step. Throws
  /// UsageError if the scorer gives another shape.
  void step(const std::vector<int64_t>& tokens);
  const float* row(size_t r) const { return log_p_.const_data_ptr<float>() + static_cast<int64_t>(r) * vocabulary(); }
  /// Row i goes on from what row rows[i] was.
  void keep(const std::vector<int64_t>& rows);

 private:
  StepScorer& scorer_;
  size_t count_;
  torch::Tensor log_p_;
};

}  // namespace cairn::transformer
