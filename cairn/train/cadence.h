// How often something happens: "500" or "500 steps", "2 epochs", "10 minutes", "never".
#pragma once

#include <cstdint>
#include <string>

#include "cairn/base/options.h"

namespace cairn::train {

struct Cadence {
  enum class Unit { never, steps, epochs, minutes };
  Unit unit = Unit::never;
  double every = 0;

  /// Units by any of s/step/steps, e/epoch/epochs, m/min/minute/minutes; none means steps. Throws UsageError naming
  /// `option`.
  static Cadence parse(const std::string& text, const std::string& option);
  /// Steps between two times, at least 1; 0 if it is never or counted in minutes.
  int64_t in_steps(double steps_per_epoch) const;
  double in_seconds() const { return unit == Unit::minutes ? every * 60 : 0; }
};

/// The text reads as a cadence.
Rule cadence();

}  // namespace cairn::train
