// The demo's section on linear attention (ops/linear_attention.h): its time against the length, and a stream's memory.
#pragma once

#include "cairn/models/demo.h"

namespace cairn {

void linear_attention_demo(DemoContext& context);

}  // namespace cairn
