// Chunked causal linear attention on a device: which passes run, and what memory they need.
#pragma once

#include "cairn/ops/linear_attention_cpu.h"
#include "cairn/ops/linear_attention_passes.h"

namespace cairn::ops {

/// As causal_cpu_forward, for a plan whose chunks have at most kLongestDeviceChunk tokens. The tape has no totals.
CausalResult causal_device_forward(const CausalInput& in, const ChunkPlan& plan, const PassRunner& runner);

/// As causal_cpu_backward.
CausalInput causal_device_backward(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                                   const torch::Tensor& d_o, const torch::Tensor& d_last, const PassRunner& runner);

/// Token by token without gradient: inputs with the normaliser's column, `state` as `in.first`, replaced. Returns o.
torch::Tensor causal_device_steps(const CausalInput& in, const ChunkPlan& plan, torch::Tensor state,
                                  const PassRunner& runner);

}  // namespace cairn::ops
