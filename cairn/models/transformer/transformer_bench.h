// This system's entries of `cairn bench`.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::transformer {

/// Training of a translation model against PyTorch's own modules; translating against CTranslate2.
std::vector<Benchmark> benchmarks();

}  // namespace cairn::transformer
