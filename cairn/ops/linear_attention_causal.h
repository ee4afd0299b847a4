// Causal linear attention over features that are already made, as one differentiable operator:
//
//   sum      S_t = S_(t-1) + k_t v_t^T
//   decay    S_t = diag(exp(log_decay_t)) S_(t-1) + k_t v_t^T
//   delta    S_t = S_(t-1) + beta_t k_t (v_t - S_(t-1)^T k_t)^T
//   output   o_t = S_t^T q_t
//
// All sequences and heads stand in one another's prolongation, M rows in all; segments say where each begins and ends.
#pragma once

#include <torch/types.h>

#include "cairn/ops/linear_attention_plan.h"

namespace cairn::ops {

/// Float or double, one type and device.
struct CausalInput {
  torch::Tensor q, k;       ///< [M, K]
  torch::Tensor v;          ///< [M, V]
  torch::Tensor log_decay;  ///< undefined, [M] or [M, K]; at most 0
  torch::Tensor beta;       ///< undefined or [M]; not with log_decay
  torch::Tensor first;      ///< [segments, K, V] states; with `normalise` [segments, K, V + 1]
  /// Each output is divided by the sum of its weights, which is one more value, 1, of each token. The sum counts as at
  /// least `least`. Not with beta.
  bool normalise = false;
  double least = 0;
};

struct CausalOutput {
  torch::Tensor o;     ///< [M, V]
  torch::Tensor last;  ///< states, as `first`
};

/// Whether the next two run there: on the processor, and on CUDA devices where the build has kernels for them.
bool has_causal_kernel(const torch::Device& device);

/// By chunks of `chunk` tokens (on a CUDA device 64 at most); differentiable once in every input. Memory beside inputs,
/// outputs and gradients: one state a chunk. The segments cover every row once. The same bits for any number of
/// threads, and a row depends on itself and on earlier rows of its segment alone.
CausalOutput causal_chunked(const CausalInput& in, const std::vector<Segment>& segments, int64_t chunk);

/// Token by token in one pass over the state, without gradient: what decoding needs. `state`, as
/// `in.first` and dense, is read and replaced. Returns o.
torch::Tensor causal_steps(const CausalInput& in, const std::vector<Segment>& segments, torch::Tensor state);

/// The same inputs with the normaliser's column written out: values [M, V + 1], `normalise` off.
CausalInput with_column(const CausalInput& in);
/// o [.., V + 1] of such inputs to o [.., V], as `in` says; without `normalise` o itself.
torch::Tensor divided(const torch::Tensor& o, const CausalInput& in);

}  // namespace cairn::ops
