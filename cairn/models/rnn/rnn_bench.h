// This system's entries of `cairn bench`.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::rnn {

/// Whole training steps of word language models, and one step of one in use, against PyTorch's nn.LSTM.
std::vector<Benchmark> benchmarks();

}  // namespace cairn::rnn
