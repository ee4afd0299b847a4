// The entries of `cairn bench` for gradient checkpointing.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::train {

std::vector<Benchmark> checkpointing_benchmarks();

}  // namespace cairn::train
