// This system's section of `cairn demo`: a small network learns to write lines backwards, and does.
#pragma once

#include "cairn/models/demo.h"

namespace cairn::transformer {

void demo(DemoContext& context);

}  // namespace cairn::transformer
