// This system's entries of `cairn bench`.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::word2vec {

std::vector<Benchmark> benchmarks();

}  // namespace cairn::word2vec
