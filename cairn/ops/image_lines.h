// How a recurrence goes through an image: step t takes the pixels of one line at once, place s of the line from some
// neighbouring places of the line before.
//
// Lines are an index view of the image as it lies in memory. The diagonals of an image that is skewed (van den Oord et
// al. 2016, section 3.2) need no skewed copy of it, and no work for the corners that skewing adds.
#pragma once

#include <algorithm>
#include <vector>

#include "cairn/ops/recurrence.h"

namespace cairn::ops {

/// A pixel's neighbour, as an offset.
struct PixelOffset {
  int64_t row, column;
};

/// Cell (t, s) is pixel origin + t * step + s * place; it reads cells (t - 1, s + first_tap ... s + first_tap + taps -
/// 1).
struct ImageLines {
  /// `taps`: odd for rows, 2 for diagonals.
  ImageLines(Walk walk, int64_t rows, int64_t columns, int64_t taps);

  /// Whether line t has a pixel at place s.
  bool has(int64_t t, int64_t s) const { return t >= 0 && s >= begin(t) && s < end(t); }
  /// Places [begin, end) of line t are pixels.
  int64_t begin(int64_t t) const { return diagonal ? std::max<int64_t>(0, t - columns + 1) : 0; }
  int64_t end(int64_t t) const { return diagonal ? std::min(t + 1, rows) : columns; }

  /// The pixels that a pixel's state is computed from, in the order of the weights' columns.
  std::vector<PixelOffset> neighbours() const;
  /// The one of them whose cell goes on in this one.
  PixelOffset predecessor() const;

  Walk walk;
  int64_t rows, columns;
  bool diagonal;
  int64_t steps, places;
  int64_t origin, step, place;
  int64_t taps, first_tap;
};

/// h [B, H, W, R] -> for every pixel its neighbour at `offset`, zero beyond the border.
torch::Tensor neighbour(const torch::Tensor& h, PixelOffset offset);

}  // namespace cairn::ops
