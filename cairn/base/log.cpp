// spdlog stays behind this file: its fmt and the one that LibTorch ships do not go together in one translation unit.
#include "cairn/base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace cairn::log {

namespace {

Level current = Level::normal;

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("cairn", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    made->set_pattern("%^[%l]%$ %v");
    return made;
  }();
  return *instance;
}

}  // namespace

void set_level(Level level) {
  current = level;
  logger().set_level(level == Level::quiet     ? spdlog::level::warn
                     : level == Level::verbose ? spdlog::level::debug
                                               : spdlog::level::info);
}

Level level() {
  return current;
}

void debug(const std::string& message) {
  logger().debug("{}", message);
}
void info(const std::string& message) {
  logger().info("{}", message);
}
void warn(const std::string& message) {
  logger().warn("{}", message);
}
void error(const std::string& message) {
  logger().error("{}", message);
}

}  // namespace cairn::log
