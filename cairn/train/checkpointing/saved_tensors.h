// checkpoint() by hooks on the tensors that autograd saves.
#pragma once

#include "cairn/train/checkpointing/checkpoint.h"

namespace cairn::checkpointing {

Activations checkpoint_saved_tensors(const Region& f, const Activations& inputs, const CheckpointOptions& options);

}  // namespace cairn::checkpointing
