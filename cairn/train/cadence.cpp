#include "cairn/train/cadence.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "cairn/base/error.h"

namespace cairn::train {

namespace {

constexpr const char* kExpected = "a cadence such as \"500\" (steps), \"2 epochs\", \"10 minutes\" or \"never\"";

const std::map<std::string, Cadence::Unit>& units() {
  using Unit = Cadence::Unit;
  static const std::map<std::string, Unit> table = {
      {"", Unit::steps},      {"s", Unit::steps},        {"step", Unit::steps},     {"steps", Unit::steps},
      {"e", Unit::epochs},    {"epoch", Unit::epochs},   {"epochs", Unit::epochs},  {"m", Unit::minutes},
      {"min", Unit::minutes}, {"minute", Unit::minutes}, {"minutes", Unit::minutes}};
  return table;
}

}  // namespace

Cadence Cadence::parse(const std::string& text, const std::string& option) {
  if (text == "never") return {};
  const auto refuse = [&] { return UsageError(option, got_expected(cat("'", text, "'"), kExpected)); };
  size_t used = 0;
  double every = 0;
  try {
    every = std::stod(text, &used);
  } catch (const std::logic_error&) {
    throw refuse();
  }
  const auto unit = units().find(text.substr(std::min(text.find_first_not_of(' ', used), text.size())));
  if (unit == units().end() || !std::isfinite(every) || every <= 0) throw refuse();
  if (unit->second == Unit::steps && every != std::floor(every)) throw refuse();
  return {.unit = unit->second, .every = every};
}

int64_t Cadence::in_steps(double steps_per_epoch) const {
  constexpr double kMost = 1e15;
  if (unit == Unit::steps) return static_cast<int64_t>(std::min(every, kMost));
  if (unit != Unit::epochs) return 0;
  return std::max<int64_t>(1, std::llround(std::min(every * steps_per_epoch, kMost)));
}

Rule cadence() {
  return [](const Json& value) -> std::string {
    try {
      Cadence::parse(value.get<std::string>(), "cadence");
      return "";
    } catch (const UsageError&) {
      return kExpected;
    }
  };
}

}  // namespace cairn::train
