// Chunked causal linear attention on the processor: the passes over all chunks, forth and back.
#pragma once

#include "cairn/ops/linear_attention_causal.h"

namespace cairn::ops {

/// What the way back needs beside the inputs.
struct CausalTape {
  torch::Tensor states;  ///< [slots, K, V]
  torch::Tensor totals;  ///< [slots, K] factors of the state across the chunk after it; with log_decay
  torch::Tensor w;       ///< [M, V]; with beta
};

/// Dense inputs.
struct CausalResult {
  torch::Tensor o;
  CausalTape tape;
};
CausalResult causal_cpu_forward(const CausalInput& in, const ChunkPlan& plan);

/// Gradients of the inputs, undefined where the input is; d_o [M, V] and d_last [segments, K, V] dense.
CausalInput causal_cpu_backward(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                                const torch::Tensor& d_o, const torch::Tensor& d_last);

}  // namespace cairn::ops
