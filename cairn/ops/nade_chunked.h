// NADE from LibTorch's operators alone, for any device: chunks of variables, a running sum carried between them.
#pragma once

#include "cairn/ops/nade.h"

namespace cairn::ops {

/// As `nade`. The backward pass keeps one running sum [B, H] a chunk of `chunk` rows and computes the rest anew.
torch::Tensor nade_chunked(const NadeInput& in, int64_t chunk = 32);

}  // namespace cairn::ops
