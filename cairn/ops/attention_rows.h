// Softmax attention for use, not for training: each query by itself, over the keys that it sees and no others. What a
// query gives is the same bits whatever rows, padding and threads there are beside it, and whether it comes with those
// before it or alone.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

struct AttentionRowsOptions {
  torch::Tensor key_lengths;  ///< [M] int64, 1 .. S: keys that are seen; undefined: all
  torch::Tensor memory;       ///< [B] int64, 0 .. M - 1: row b sees keys and values memory[b]; undefined: b
  bool causal = false;        ///< query t of T sees keys 0 .. t + S - T
};

/// softmax(q k^T / sqrt(d)) v for q [B, H, T, d], k and v [M, H, S, d], float or double on the processor, any strides
/// -> [B, H, T, d], a view of [B, T, H, d]. Throws UsageError for what does not fit.
torch::Tensor attention_rows(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const AttentionRowsOptions& options = {});

}  // namespace cairn::ops
