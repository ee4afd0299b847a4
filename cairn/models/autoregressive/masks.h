// Degrees and masks of MADE (Germain et al. 2015, section 3), and the mask of direct connections.
//
// Positions count from 0. A hidden unit of degree m may see the variables at positions 0 .. m; the output of position p
// may see hidden units of degree < p. Units are sorted by degree, so every mask is a staircase.
#pragma once

#include <vector>

#include <torch/types.h>

#include "cairn/models/autoregressive/order.h"
#include "cairn/ops/variables.h"

namespace cairn::autoregressive {

/// The degree of each of `units` hidden units in ascending order: spread evenly over 0 .. D - 2 (all 0 if D = 1), so no
/// degree is missing when there are enough units.
std::vector<int64_t> hidden_degrees(int64_t units, int64_t D);

/// The position of each row of ops::one_hot: [R].
std::vector<int64_t> row_positions(const ops::Variables& variables, const Order& order);

/// The rows of ops::one_hot in the order of their variables' positions: sorted row -> row, [R] int64.
torch::Tensor rows_in_order(const ops::Variables& variables, const Order& order);

/// [R, R] fp32: 1 where the column's variable comes before the row's in `order`.
torch::Tensor direct_mask(const ops::Variables& variables, const Order& order);

}  // namespace cairn::autoregressive
