// This system's section of `cairn demo`.
#pragma once

#include "cairn/models/demo.h"

namespace cairn::autoregressive {

/// Trains a NADE on the shipped digits in under a minute and shows what it does beside the baselines; classifies with a
/// shipped joint model.
void demo(DemoContext& context);

}  // namespace cairn::autoregressive
