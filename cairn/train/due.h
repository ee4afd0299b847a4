// Steps and minutes at which something is due.
#pragma once

#include <chrono>
#include <string>

#include "cairn/train/cadence.h"

namespace cairn::train {

class Due {
 public:
  Due(const std::string& text, const std::string& option, double steps_per_epoch)
      : cadence_(Cadence::parse(text, option)), steps_(cadence_.in_steps(steps_per_epoch)) {}

  bool at(int64_t step) {
    if (steps_ > 0) return step % steps_ == 0;
    const std::chrono::duration<double> passed = Clock::now() - last_;
    if (cadence_.in_seconds() == 0 || passed.count() < cadence_.in_seconds()) return false;
    last_ = Clock::now();
    return true;
  }
  /// The first step after `step` that is due by its count; `otherwise` if none is.
  int64_t next_after(int64_t step, int64_t otherwise) const {
    return steps_ > 0 ? (step / steps_ + 1) * steps_ : otherwise;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Cadence cadence_;
  int64_t steps_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace cairn::train
