// The help text of a recipe's section.
#pragma once

#include <string>

#include "cairn/base/options.h"

namespace cairn {

/// "model:" and one line an option.
template <class Config>
std::string help_of(const char* section) {
  Config config;
  return std::string(section) + ":\n" + fields_of(config).help_text();
}

}  // namespace cairn
