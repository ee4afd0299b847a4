// What linear attention refuses.
#pragma once

#include "cairn/ops/linear_attention.h"

namespace cairn::ops {

/// Throws UsageError unless q, k, v, the options and the state fit each other. Values are looked at too: decay, beta,
/// and the keys' lengths under the delta rule (those of their features: see check_delta_keys).
void check_linear_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                            const LinearAttentionOptions& options, const LinearAttentionState& state);

/// Refuses features [.., T, D] of keys with beta |k|^2 > 2: what the state holds along them would grow at each token.
void check_delta_keys(const torch::Tensor& k, const torch::Tensor& beta);

/// Whether the sum of weights is one more value column: Efficient Attention's weights sum to 1 by themselves.
bool has_column(const LinearAttentionOptions& options);
/// Whether the state has the logarithms of such sums instead, by feature.
bool keeps_log_sums(const LinearAttentionOptions& options);
/// Of values of dv numbers.
int64_t columns_of_state(const LinearAttentionOptions& options, int64_t dv);

}  // namespace cairn::ops
