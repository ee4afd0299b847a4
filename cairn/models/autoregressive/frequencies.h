// The logits of given frequencies: where output biases start.
#pragma once

#include <torch/types.h>

#include "cairn/ops/variables.h"

namespace cairn::autoregressive {

/// `frequencies` [R]: how often each row of ops::one_hot is 1. Returns [R]: log(f_k / f_0) with level 0 as reference,
/// kept within +-7 so that a variable that never varies keeps a gradient.
torch::Tensor logits_of(const torch::Tensor& frequencies, const ops::Variables& variables);

}  // namespace cairn::autoregressive
