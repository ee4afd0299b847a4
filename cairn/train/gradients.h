// The global norm of the gradients, and its limit.
#pragma once

#include <vector>

#include <torch/types.h>

namespace cairn::train {

/// Euclidean norm over all gradients together; parameters without one are left out. Not finite if any gradient is not.
double gradient_norm(const std::vector<torch::Tensor>& parameters);

/// Multiplies every gradient with limit / norm if norm > limit (Pascanu et al. 2013).
void clip_gradients(const std::vector<torch::Tensor>& parameters, double norm, double limit);

}  // namespace cairn::train
