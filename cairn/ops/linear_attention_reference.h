// Causal linear attention from its definitions, by LibTorch's operators and differentiable by autograd: the oracles of
// the chunked kernel, for any device.
#pragma once

#include "cairn/ops/linear_attention_causal.h"

namespace cairn::ops {

/// All pairs of tokens at once; memory grows with the square of a segment's length.
CausalOutput causal_quadratic(const CausalInput& in, const std::vector<Segment>& segments);

/// Token by token; autograd keeps every state.
CausalOutput causal_recurrent(const CausalInput& in, const std::vector<Segment>& segments);

/// All pairs within `chunk` tokens, a state carried from chunk to chunk.
CausalOutput causal_pieces(const CausalInput& in, const std::vector<Segment>& segments, int64_t chunk);

}  // namespace cairn::ops
