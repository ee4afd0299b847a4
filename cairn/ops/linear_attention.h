// Attention whose cost is linear in the length: with weights sim(q_i, k_j) = phi(q_i) . phi(k_j) instead of
// exp(q_i . k_j), the sum over keys is made once and carried (Katharopoulos et al. 2020, "Transformers are RNNs").
//
//   o_i = sum_j sim(q_i, k_j) v_j / sum_j sim(q_i, k_j) = phi(q_i)^T S / phi(q_i)^T z,   S = sum_j phi(k_j) v_j^T
//
// over j <= i (causal) or all j. What is summed may also fade (retention, gates) or be overwritten (the delta rule).
// Three forms give the same: `quadratic`, the definition; `chunked`, for training; `recurrent`, for decoding.
#pragma once

#include <vector>

#include "cairn/ops/linear_attention_features.h"

namespace cairn::ops {

/// How a state follows from the one before; causal alone, except for `sum`.
enum class StateRule {
  sum,    ///< S + phi(k) v^T
  decay,  ///< gamma S + phi(k) v^T: retention (Sun et al. 2023), or gates per key feature (Yang et al. 2024)
  delta   ///< S + beta phi(k) (v - S^T phi(k))^T (Schlag et al. 2021)
};
enum class Direction { causal, bidirectional };
enum class Form {
  chunked,    ///< for training: pairs within a chunk, a state between chunks
  quadratic,  ///< the definition: all pairs
  recurrent   ///< token by token: one fused pass over the state, or, where a gradient is wanted, LibTorch's operators
};

struct LinearAttentionOptions {
  Similarity similarity = Similarity::elu;
  StateRule rule = StateRule::sum;
  Direction direction = Direction::causal;
  Form form = Form::chunked;
  bool normalise = true;  ///< divide by the sum of weights; not with dot, unit and delta, which have none
  double least = 1e-30;   ///< a sum of weights below counts as this: a row without any weight gives 0
  int64_t chunk = 64;     ///< tokens at a time; at least 1. The result does not depend on it

  /// Logarithms of what is kept of the state at each token, at most 0: [H] fixed, [B, H, T] by token or [B, H, T, D]
  /// by token and key feature. With `decay`; differentiable.
  torch::Tensor log_decay;
  torch::Tensor beta;  ///< [B, H, T] within [0, 2]; with `delta`; differentiable

  torch::Tensor projection;  ///< [m, dk], with performer: performer_projection
  int64_t longest = 0;       ///< M, with cosformer: no position beyond it. Bidirectional queries count from 0

  torch::Tensor key_mask;  ///< [B, Tk] bool, true where a key takes part; undefined: all do
  /// Sequences packed one behind the other in q, k and v with B = 1: 0, their ends in order, the last one T. Any may be
  /// empty. Cross attention gives those of the keys too.
  std::vector<int64_t> offsets, key_offsets;
};

/// What a call leaves for the next one, for each of `sequences` (B, or the packed ones).
struct LinearAttentionState {
  /// [sequences, H, D, dv], with the sum of weights as one more value: [.., dv + 1] where it is normalised; with
  /// efficient, causal, that is the logarithm of each feature's sum so far. Float, or double for double inputs.
  /// Differentiable. Undefined: nothing seen yet.
  torch::Tensor S;
  std::vector<int64_t> seen;  ///< keys of each sequence so far
  Similarity similarity = Similarity::elu;
  StateRule rule = StateRule::sum;
  bool normalised = true;
};

struct LinearAttentionOutput {
  torch::Tensor o;  ///< [B, H, Tq, dv], of v's type
  LinearAttentionState state;
};

/// q [B, H, Tq, dk], k [B, H, Tk, dk], v [B, H, Tk, dv] of one type: float, double, bfloat16 or half, the last two
/// computed with in float. Causal: Tq = Tk. Bidirectional: any (cross attention); with Tk = 0 the state alone is read.
/// Differentiable once in q, k, v, log_decay, beta and the state. Whatever autocast says, nothing is done in less than
/// float. Causal outputs depend on earlier tokens alone, bit for bit, and not on the number of threads.
/// Throws UsageError for shapes and types that do not fit, for decay outside (0, 1], beta outside [0, 2], keys that
/// the delta rule would diverge with (beta |k|^2 > 2), a state of another kind and what has no form of the kind asked
/// for.
LinearAttentionOutput linear_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       const LinearAttentionOptions& options = {},
                                       const LinearAttentionState& state = {});

/// One more token of each sequence, causal: q, k [B, H, dk], v [B, H, dv], log_decay [H], [B, H] or [B, H, D], beta
/// [B, H]. Returns o [B, H, dv]; the state is replaced in place, also for copies, which share S. Without gradient, and
/// where has_causal_kernel says so.
torch::Tensor linear_attention_step(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                    const LinearAttentionOptions& options, LinearAttentionState& state);

}  // namespace cairn::ops
