// Messages for people, on stderr: results go to stdout and are nobody else's business.
#pragma once

#include <string>

namespace cairn::log {

enum class Level { quiet, normal, verbose };

/// quiet: warnings and errors only; verbose: debug too.
void set_level(Level level);
Level level();

void debug(const std::string& message);
void info(const std::string& message);
void warn(const std::string& message);
void error(const std::string& message);

}  // namespace cairn::log
