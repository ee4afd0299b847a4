// NADE from its definition, O(D^2 H) and differentiable by autograd: the oracle of the fast ones.
#pragma once

#include "cairn/ops/nade.h"

namespace cairn::ops {

/// As `nade`, for any dtype and device; memory grows with B x D x H.
torch::Tensor nade_reference(const NadeInput& in);

}  // namespace cairn::ops
