// Batch normalisation in a recomputation: the same output, its running statistics left alone.
#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>

namespace cairn::checkpointing {

/// While it lives, batch and instance normalisation of this thread do not update their running mean and variance, and
/// integer counters (0-dimensional tensors, as BatchNorm's num_batches_tracked) do not count. Outputs are unchanged.
class FrozenStatistics {
 public:
  FrozenStatistics();

 private:
  c10::impl::IncludeDispatchKeyGuard guard_;
};

}  // namespace cairn::checkpointing
