#include "cairn/train/checkpointing/checkpoint.h"

#include <torch/csrc/autograd/grad_mode.h>

#include "cairn/train/checkpointing/reentrant.h"
#include "cairn/train/checkpointing/saved_tensors.h"

namespace cairn::checkpointing {

Activations checkpoint(const Region& f, const Activations& inputs, const CheckpointOptions& options) {
  if (!torch::GradMode::is_enabled()) return f(inputs);
  return options.engine == Engine::reentrant ? checkpoint_reentrant(f, inputs, options)
                                             : checkpoint_saved_tensors(f, inputs, options);
}

}  // namespace cairn::checkpointing
