// Follows a schedule: what is kept after each operation, and whether the next one is possible.
#pragma once

#include <vector>

#include "cairn/train/checkpointing/schedule.h"

namespace cairn::checkpointing {

/// Knows names only, no tensors; the executor and the prediction of memory walk along with it.
class Walk {
 public:
  explicit Walk(size_t stages);

  /// Throws UsageError if `operation` is impossible now.
  void step(const Operation& operation);
  /// Throws UsageError if a stage has not gone backward.
  void finish() const;

  /// Whether a^l lives: as the one just computed, kept for stage l + 1, or as part of the tape of stage l.
  bool lives(size_t l) const { return current_ == l || kept_[l] || taped_[l]; }
  bool taped(size_t l) const { return taped_[l]; }
  /// The l of the activation just computed; 0 if it is gone.
  size_t current() const { return current_; }

 private:
  size_t stages_;
  size_t current_ = 0;       // a^l just computed
  size_t next_backward_;     // the stage whose backward is due; 0 at the end
  std::vector<bool> kept_;   // a^l as input of stage l + 1, for l = 0 .. L
  std::vector<bool> taped_;  // l = 0 .. L
};

}  // namespace cairn::checkpointing
