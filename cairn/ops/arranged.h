// A matrix whose rows and columns are taken in another order, under a staircase mask: how one set of MADE's weights
// serves several masks (Germain et al. 2015, section 4.2).
#pragma once

#include <torch/types.h>

#include "cairn/ops/masked_linear.h"

namespace cairn::ops {

/// matrix [n, m], rows [n] and columns [m] int64 permutations -> y [n, m],
///
///   y[i, j] = M[i, j] matrix[rows[i], columns[j]],
///
/// differentiable in `matrix` (once), in matrix's type or, under autocast, in the type of products. Any device. Throws UsageError for shapes that do not fit. Whether rows and
/// columns are permutations is the caller's to know.
torch::Tensor arranged(const torch::Tensor& matrix, const torch::Tensor& rows, const torch::Tensor& columns,
                       const StaircaseMask& mask);

}  // namespace cairn::ops
