// The room's line in the table of systems.
#pragma once

#include "cairn/models/registry.h"

namespace cairn::transformer {

System transformer_system();

}  // namespace cairn::transformer
