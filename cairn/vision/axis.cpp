// An axis of a chart: ticks at 1, 2 or 5 times a power of ten.
#include "cairn/vision/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cairn/base/text.h"

namespace cairn::vision {
namespace {

constexpr int wanted_ticks = 5;

double nice_step(double span) {
  const double raw = span / wanted_ticks;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double multiple : {1.0, 2.0, 5.0}) {
    if (raw <= multiple * power * 1.0001) return multiple * power;
  }
  return 10 * power;
}

/// Thousands and millions shortened ("12k", "1.5M"), small numbers with as many digits as their step needs.
std::string tick_text(double value, double step) {
  const double largest = std::abs(value);
  if (largest >= 1e6) return fixed(value / 1e6, step < 1e5 ? 2 : step < 1e6 ? 1 : 0) + "M";
  if (largest >= 1e4) return fixed(value / 1e3, step < 100 ? 2 : step < 1000 ? 1 : 0) + "k";
  if (step >= 1e-4) return fixed(value, std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9))));
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  return value == 0 ? "0" : text;
}

std::string with_thousands(std::string digits) {
  for (int at = static_cast<int>(digits.size()) - 3; at > (digits[0] == '-' ? 1 : 0); at -= 3)
    digits.insert(at, 1, ',');
  return digits;
}

}  // namespace

Axis Axis::linear(double low, double high, bool whole) {
  if (high - low <= std::abs(high) * 1e-9) {
    const double margin = std::max(std::abs(high) * 0.1, 1e-6);
    low -= margin;
    high += margin;
  }
  const double step = nice_step(high - low);
  Axis axis;
  axis.low_ = whole ? std::floor(low / step + 1e-9) * step : low;
  axis.high_ = whole ? std::ceil(high / step - 1e-9) * step : high;
  for (double k = std::ceil(axis.low_ / step - 1e-9); k <= axis.high_ / step + 1e-9; ++k) {
    const double value = k * step + 0.0;  // never -0
    axis.ticks_.push_back({value, tick_text(value, step)});
  }
  return axis;
}

Axis Axis::logarithmic(double low, double high) {
  Axis axis;
  axis.log_ = true;
  axis.low_ = std::log10(low);
  axis.high_ = std::max(std::log10(high), axis.low_ + 0.1);
  const bool few = axis.high_ - axis.low_ < 2;
  for (double power = std::floor(axis.low_); power <= axis.high_; ++power) {
    for (const double multiple : {1.0, 2.0, 5.0}) {
      const double value = multiple * std::pow(10, power);
      const double at = axis.place(value);
      if ((few || multiple == 1) && at > -1e-9 && at < 1 + 1e-9)
        axis.ticks_.push_back({value, tick_text(value, value)});
    }
  }
  return axis;
}

double Axis::place(double value) const {
  return ((log_ ? std::log10(value) : value) - low_) / (high_ - low_);
}

std::string readable(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : value > 0 ? "infinity" : "-infinity";
  const double size = std::abs(value);
  if (value == std::round(value) && size < 1e15) return with_thousands(fixed(value, 0));
  if (size >= 1e4) return with_thousands(fixed(value, 0));
  if (size >= 1e-3) return fixed(value, size >= 100 ? 2 : size >= 1 ? 3 : 4);
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace cairn::vision
