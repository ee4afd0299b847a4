// Where the arrays that a pipeline makes go: a file by its ending, or one row an example.
#pragma once

#include <string>

#include <torch/types.h>

#include "cairn/models/pipeline.h"

namespace cairn {

/// x [N, ...] uint8. `out` ending in .npy: the array; .idx or .gz: idx; .png: a sheet of pictures, values scaled to
/// their largest (x must be [N, h, w] or [N, h, w, 3]). Otherwise, or if `out` is empty or "-", rows {"x": [...]} go to
/// `rows`.
void write_examples(const torch::Tensor& x, const std::string& out, RowSink& rows);

}  // namespace cairn
