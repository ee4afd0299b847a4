// The prefix recurrence of NADE as one differentiable operator (Larochelle & Murray 2011; Uria et al. 2016, section 2).
//
//   a_1 = c,  h_i = sigmoid(a_i),  logits of variable o_i = b + V h_i,  a_(i+1) = a_i + W[row of x at o_i]  (x != 0)
//
// Three implementations: nade_reference.h (from the definition), nade_cpu.h (the fast one) and nade_chunked.h (LibTorch
// operators alone, for every other device).
#pragma once

#include "cairn/ops/variables.h"

namespace cairn::ops {

struct NadeInput {
  torch::Tensor x;  ///< [B, D] uint8 or int64, within the levels
  torch::Tensor W;  ///< [R, H] a row for each level but 0 of each variable: what it adds to a
  torch::Tensor V;  ///< [R, H]
  torch::Tensor b;  ///< [R]
  torch::Tensor c;  ///< [H]
  Variables variables;
  std::vector<int64_t> order;  ///< position -> variable, a permutation of 0 .. D - 1
};

/// Logits [B, R] in the rows' own order, differentiable in W, V, b and c (once). W, V, b and c share one type, float or
/// double, and one device with x. Values and gradients do not depend on the number of threads; memory beside inputs
/// and outputs does not grow with B x D x H. Autocast leaves it in the parameters' type.
/// Throws UsageError for wrong shapes, types or order, InputError for a value outside its levels.
torch::Tensor nade(const NadeInput& in);

}  // namespace cairn::ops
