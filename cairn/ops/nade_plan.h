// The rows of NADE in the order in which they are visited, and where each example's hidden state changes.
#pragma once

#include "cairn/ops/variables.h"

namespace cairn::ops {

/// Packed rows: those of the variable at position 0 first, then position 1, ...
struct NadePlan {
  NadePlan(const Variables& variables, const std::vector<int64_t>& order);

  std::vector<int64_t> rows;       ///< [R] packed row -> row
  std::vector<int64_t> positions;  ///< [R] packed row -> position
  std::vector<int64_t> begin;      ///< [D + 1] first packed row of each position; the last is R
};

/// The non-zero values of a batch, example by example, in visiting order. The hidden state is constant between two of
/// them: that sparsity is what makes the kernel fast. A value at the last position changes nothing and is left out.
struct NadeEvents {
  NadeEvents(const torch::Tensor& x, const std::vector<int64_t>& order, const NadePlan& plan);

  std::vector<int64_t> begin;  ///< [B + 1] events of example n: begin[n] .. begin[n + 1]
  std::vector<int32_t> at;     ///< first packed row whose logit sees the value; ascending within an example
  std::vector<int32_t> input;  ///< packed row of W that the value adds
};

}  // namespace cairn::ops
