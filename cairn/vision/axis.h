// An axis of a chart: its range, where its ticks stand and how they are written.
#pragma once

#include <string>
#include <vector>

namespace cairn::vision {

struct Tick {
  double value;
  std::string text;
};

class Axis {
 public:
  /// A linear axis over [low, high], widened to whole ticks where `whole`; equal ends are moved apart.
  static Axis linear(double low, double high, bool whole);
  /// A logarithmic one; 0 < low <= high. Ticks at powers of ten (and at 2 and 5 times them when there are few).
  static Axis logarithmic(double low, double high);

  /// Where `value` lies: 0 at the low end, 1 at the high end; outside that beyond the ends.
  double place(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  double low_ = 0;
  double high_ = 1;
  bool log_ = false;
  std::vector<Tick> ticks_;
};

/// A number for people to read, at about four significant digits: "88.31", "1,250", "12k", "3.2e-05".
std::string readable(double value);

}  // namespace cairn::vision
