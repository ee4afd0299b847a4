// Conditionals of an image model one at a time: every layer is computed at a pixel once, when that pixel's turn comes,
// from what it kept of the pixels before; what depends on the rows above alone, once a row.
#pragma once

#include <memory>

#include "cairn/models/autoregressive/density_model.h"
#include "cairn/models/autoregressive/pixel_program.h"

namespace cairn::autoregressive {

struct ImageStepperOptions {
  PixelProgram program;
  int64_t levels;
  torch::Tensor prior;  ///< [labels - 1] logits of p(y), or undefined
};

std::unique_ptr<Stepper> make_image_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                            ImageStepperOptions options);

}  // namespace cairn::autoregressive
