// Sums of a few rows that lie anywhere, and one step added to all of them. Rows are padded as in logistic_pairs.h.
#pragma once

#include <cstdint>

namespace cairn::ops {

/// out = (rows_0 + rows_1 + ...) / count; `stride` floats each, a multiple of kPairLanes; count > 0.
void mean_of_rows(const float* const* rows, int64_t count, int64_t stride, float* out);

struct RowBlend {
  float keep = 1, scale = 1;
  int64_t stride = 0;
};
/// row = keep * row + scale * rows_0 + scale * rows_1 ..., in this order.
void blend_rows(const RowBlend& blend, const float* const* rows, int64_t count, float* row);

struct RowStep {
  const float* step = nullptr;  ///< [stride]
  float scale = 1;
  int64_t stride = 0;
};
/// rows_i += scale * step, one after the other: a row that is there twice moves twice.
void add_to_rows(const RowStep& step, float* const* rows, int64_t count);

}  // namespace cairn::ops
