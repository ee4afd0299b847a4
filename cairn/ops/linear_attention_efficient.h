// Efficient Attention (Shen et al. 2018) over the keys so far. By feature its softmax over positions is divided by a
// sum that grows, z_t = sum over s <= t of exp(k_s). So what a state holds is divided anew at each token: a gate, and a
// key,
//
//   S_t = (z_(t-1) / z_t) S_(t-1) + (exp(k_t) / z_t) v_t^T,   o_t = S_t^T softmax(q_t).
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// A logarithm of nothing: finite, so that a sequence without keys gives no NaN.
inline constexpr double kLogOfNothing = -1e30;

/// Keys k [.., T, d] as logarithms of what they weigh; mask broadcasts with [.., T], true where a key takes part, or is
/// undefined.
torch::Tensor log_weights(const torch::Tensor& k, const torch::Tensor& mask);

struct RunningSoftmax {
  torch::Tensor k;          ///< exp(k_t) / z_t, [B, H, T, d]
  torch::Tensor log_decay;  ///< log(z_(t-1) / z_t), [B, H, T, d]; 0 where there was nothing before
  torch::Tensor log_z;      ///< after the last token, [B, H, 1, d]
};
/// k [B, H, T, d] from log_weights; log_z [B, H, 1, d] before them, kLogOfNothing at a text's begin.
RunningSoftmax running_softmax(const torch::Tensor& k, const torch::Tensor& log_z);

}  // namespace cairn::ops
