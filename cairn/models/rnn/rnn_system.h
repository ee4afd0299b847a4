// The room's line in the table of systems.
#pragma once

#include "cairn/models/registry.h"

namespace cairn::rnn {

System rnn_system();

}  // namespace cairn::rnn
