// Which earlier pixels a pixel's conditional depends on, found by changing each of them, of image models by the
// gradient: the blind spot, if there is one.
#pragma once

#include "cairn/models/autoregressive/density_model.h"
#include "cairn/models/autoregressive/model_factory.h"

namespace cairn::autoregressive {

struct ReceptiveField {
  torch::Tensor seen;     ///< [H, W] bool; the pixel itself is not
  torch::Tensor earlier;  ///< [H, W] bool: comes before the pixel in the model's order
  torch::Tensor picture;  ///< uint8 [.., .., 3]: the pixel red, seen ones light, earlier ones it does not see orange
};

/// Of the first channel of a pixel, under the model's first order. Throws UsageError if examples are no pictures [H, W]
/// or [H, W, channels] or the pixel is outside.
ReceptiveField receptive_field(DensityModel& model, const ModelSpec& spec, int64_t row, int64_t column);

}  // namespace cairn::autoregressive
