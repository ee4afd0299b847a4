// Images as the networks of this room see them: rows, columns, channels; visited row by row, a pixel's channels in
// turn.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cairn/ops/variables.h"

namespace cairn::autoregressive {

struct ImageShape {
  int64_t rows, columns, channels;

  /// An example of shape [H, W], [H, W, 1] or [H, W, 3]; nothing for another.
  static std::optional<ImageShape> find(const std::vector<int64_t>& shape);
  /// Throws UsageError for another.
  static ImageShape of(const std::vector<int64_t>& shape);
  int64_t pixels() const { return rows * columns; }
  /// One variable for each channel of each pixel, without a label: in the order of the columns of x.
  ops::Variables variables(int64_t levels) const;
};

}  // namespace cairn::autoregressive
