// Measures what each stage of a chain costs.
#pragma once

#include "cairn/train/checkpointing/profile.h"
#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

struct MeasureOptions {
  int64_t passes = 2;  ///< the first one also warms up; bytes are those of the last, seconds the least
};

/// Runs the chain forward and backward with little memory (Revolve, log2 L + 1 activations kept), meters every
/// operation, and leaves random numbers, statistics and gradients as they were. Counts memory from now on
/// (memory_meter.h).
Profile measure(const Chain& chain, const Activations& input, MeasureOptions options = {});

}  // namespace cairn::checkpointing
