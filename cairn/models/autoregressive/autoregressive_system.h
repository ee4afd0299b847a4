// The room's line in the table of systems.
#pragma once

#include "cairn/models/registry.h"

namespace cairn::autoregressive {

System autoregressive_system();

}  // namespace cairn::autoregressive
