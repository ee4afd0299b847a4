// The demo's section on gradient checkpointing (train/checkpointing.h): one residual network under a row of budgets.
#pragma once

#include "cairn/models/demo.h"

namespace cairn {

void checkpointing_demo(DemoContext& context);

}  // namespace cairn
