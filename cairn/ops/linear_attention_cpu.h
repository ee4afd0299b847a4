// Chunked causal linear attention on the processor: the passes over all chunks, forth and back.
#pragma once

#include "cairn/ops/linear_attention_causal.h"

namespace cairn::ops {

/// What the way back needs beside the inputs.
struct CausalTape {
  torch::Tensor states;  ///< [slots, K, V or V + 1]
  torch::Tensor totals;  ///< [slots, K] factors of the state across the chunk after it; with log_decay
  torch::Tensor w;       ///< [M, V]; with beta
  torch::Tensor sums;    ///< [M] of weights; with `normalise`, as is the next
  torch::Tensor o;       ///< [M, V] the outputs
};

/// Dense inputs.
struct CausalResult {
  torch::Tensor o;
  CausalTape tape;
};
CausalResult causal_cpu_forward(const CausalInput& in, const ChunkPlan& plan);

/// Gradients of the inputs, undefined where the input is; d_o and d_last dense, of the outputs' shapes.
CausalInput causal_cpu_backward(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                                const torch::Tensor& d_o, const torch::Tensor& d_last);

}  // namespace cairn::ops
