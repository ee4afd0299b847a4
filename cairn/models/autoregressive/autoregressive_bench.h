// This system's entries of `cairn bench`.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::autoregressive {

/// Training epochs of NADE and MADE against PyTorch, sampling against full passes, and the memory of training.
std::vector<Benchmark> benchmarks();

// In files of their own; benchmarks() joins them.
std::vector<Benchmark> training_benchmarks();
std::vector<Benchmark> sampling_benchmarks();

}  // namespace cairn::autoregressive
