// Exact search: for each query the rows of largest product, by blocks of a matrix product and one pass of comparison.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

struct NearestRows {
  torch::Tensor index;  ///< [N, k] int64, best first; equal scores by rising index
  torch::Tensor score;  ///< [N, k] float32
};

/// score = scale_v (rows_v . query_n). rows [V, D] of float32, float16 or int8, scale [V] float32, queries [N, D]
/// float32; k is cut to V. All threads take part. Throws UsageError for shapes that do not fit.
NearestRows nearest_rows(const torch::Tensor& rows, const torch::Tensor& scale, const torch::Tensor& queries,
                         int64_t k);

/// The slow definition, in double precision.
NearestRows nearest_rows_reference(const torch::Tensor& rows, const torch::Tensor& scale, const torch::Tensor& queries,
                                   int64_t k);

}  // namespace cairn::ops
