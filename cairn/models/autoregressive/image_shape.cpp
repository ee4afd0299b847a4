#include "cairn/models/autoregressive/image_shape.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

std::optional<ImageShape> ImageShape::find(const std::vector<int64_t>& shape) {
  const int64_t channels = shape.size() == 3 ? shape[2] : 1;
  if ((shape.size() != 2 && shape.size() != 3) || (channels != 1 && channels != 3)) return std::nullopt;
  return ImageShape{shape[0], shape[1], channels};
}

ImageShape ImageShape::of(const std::vector<int64_t>& shape) {
  if (const auto found = find(shape)) return *found;
  throw UsageError("model.kind",
                   cat("a model of images: ", got_expected(cat("examples of shape ", c10::IntArrayRef(shape)),
                                                           "[H, W], [H, W, 1] or [H, W, 3]")));
}

ops::Variables ImageShape::variables(int64_t levels) const {
  return ops::Variables(std::vector<int64_t>(pixels() * channels, levels));
}

}  // namespace cairn::autoregressive
