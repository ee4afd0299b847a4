// This system's section of `cairn demo`: a shipped character model writes, and says what surprises it.
#pragma once

#include "cairn/models/demo.h"

namespace cairn::rnn {

void demo(DemoContext& context);

}  // namespace cairn::rnn
