// checkpoint() by an autograd function whose backward makes the region again and runs a backward through it.
#pragma once

#include "cairn/train/checkpointing/checkpoint.h"

namespace cairn::checkpointing {

Activations checkpoint_reentrant(const Region& f, const Activations& inputs, const CheckpointOptions& options);

/// Copies of `inputs` that begin a graph of their own: they share storage and require a gradient where `inputs` do.
Activations detached(const Activations& inputs);

/// The roots of a backward through `outputs`: those that have both a gradient to give and a graph to give it to.
struct Roots {
  std::vector<torch::Tensor> outputs, gradients;
};
Roots roots_of(const Activations& outputs, const std::vector<torch::Tensor>& gradients);

}  // namespace cairn::checkpointing
