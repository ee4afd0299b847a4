#include "cairn/train/loop_state.h"

#include <limits>

#include "cairn/base/error.h"

namespace cairn::train {

namespace {

/// JSON has no NaN; one is written as null.
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Metrics metrics_from(const Json& json) {
  Metrics metrics;
  for (const auto& [name, value] : json.items()) metrics.emplace_back(name, number(value));
  return metrics;
}

}  // namespace

Json to_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = value;
  return json;
}

void Window::add(const Metrics& step_losses, double step_grad_norm) {
  if (losses.empty()) {
    losses = step_losses;
  } else {
    for (size_t i = 0; i < losses.size(); ++i) losses[i].second += step_losses.at(i).second;
  }
  grad_norm += step_grad_norm;
  ++steps;
}

Json LoopState::to_json() const {
  const Json window_json = {
      {"steps", window.steps}, {"losses", train::to_json(window.losses)}, {"grad_norm", window.grad_norm}};
  return {{"format", 1},
          {"step", step},
          {"steps_per_epoch", steps_per_epoch},
          {"seconds", seconds},
          {"ema_updates", ema_updates},
          {"best_step", best_step},
          {"best_value", best_value},
          {"stale", stale},
          {"last", train::to_json(last)},
          {"window", window_json},
          {"stream", stream},
          {"log_bytes", log_bytes},
          {"event_bytes", event_bytes},
          {"conditions", conditions}};
}

LoopState LoopState::from_json(const Json& json, const std::string& source) {
  try {
    if (json.at("format") != 1) throw InputError(source, got_expected(cat("format ", json.at("format")), 1));
    LoopState s;
    s.step = json.at("step").get<int64_t>();
    s.steps_per_epoch = json.at("steps_per_epoch").get<double>();
    s.seconds = json.at("seconds").get<double>();
    s.ema_updates = json.at("ema_updates").get<int64_t>();
    s.best_step = json.at("best_step").get<int64_t>();
    s.best_value = number(json.at("best_value"));
    s.stale = json.at("stale").get<int64_t>();
    s.last = metrics_from(json.at("last"));
    const Json& window = json.at("window");
    s.window = {.steps = window.at("steps").get<int64_t>(),
                .losses = metrics_from(window.at("losses")),
                .grad_norm = number(window.at("grad_norm"))};
    s.stream = json.at("stream");
    s.log_bytes = json.at("log_bytes").get<int64_t>();
    s.event_bytes = json.at("event_bytes").get<int64_t>();
    s.conditions = json.at("conditions");
    return s;
  } catch (const Json::exception& error) {
    throw InputError(source, error.what());
  }
}

}  // namespace cairn::train
