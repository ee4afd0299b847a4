#include "cairn/ops/image_lines.h"

namespace cairn::ops {

ImageLines::ImageLines(Walk way, int64_t H, int64_t W, int64_t k)
    : walk(way), rows(H), columns(W), diagonal(way != Walk::rows), taps(k) {
  if (walk == Walk::rows) {  // t is the row, s the column
    steps = H;
    places = W;
    origin = 0;
    step = W;
    place = 1;
    first_tap = -(taps / 2);
    return;
  }
  // s is the row; column t - s, counted from the side where the walk begins
  const bool mirrored = walk == Walk::mirrored_diagonals;
  steps = H + W - 1;
  places = H;
  origin = mirrored ? W - 1 : 0;
  step = mirrored ? -1 : 1;
  place = W - step;
  first_tap = -1;
}

std::vector<PixelOffset> ImageLines::neighbours() const {
  if (diagonal) return {{-1, 0}, predecessor()};
  std::vector<PixelOffset> above;
  for (int64_t k = 0; k < taps; ++k) above.push_back({-1, k - taps / 2});
  return above;
}

PixelOffset ImageLines::predecessor() const {
  switch (walk) {
    case Walk::rows:
      return {-1, 0};
    case Walk::diagonals:
      return {0, -1};
    case Walk::mirrored_diagonals:
      break;
  }
  return {0, 1};
}

torch::Tensor neighbour(const torch::Tensor& h, PixelOffset offset) {
  const auto& [row, column] = offset;
  if (std::abs(row) >= h.size(1) || std::abs(column) >= h.size(2)) return torch::zeros_like(h);
  // What is negative cuts off.
  return torch::constant_pad_nd(h, {0, 0, -column, column, -row, row});
}

}  // namespace cairn::ops
