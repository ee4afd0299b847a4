// The keys that a recipe of a system may hold, as help.
#pragma once

#include "cairn/models/registry.h"

namespace cairn::tool {

/// Sections `model`, `data`, `eval` and `train`, a key a line with type, default and meaning.
std::string keys_help(const System& system);

}  // namespace cairn::tool
