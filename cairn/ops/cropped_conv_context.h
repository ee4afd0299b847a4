// What a cropped convolution's node keeps of its options for the way back.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "cairn/ops/cropped_conv.h"

namespace cairn::ops {

inline void keep_options(torch::autograd::AutogradContext& context, const CroppedConvOptions& options) {
  context.saved_data["first_row"] = options.first_row;
  context.saved_data["first_column"] = options.first_column;
  context.saved_data["relu_input"] = options.relu_input;
}

inline CroppedConvOptions kept_options(torch::autograd::AutogradContext& context) {
  return {.first_row = context.saved_data["first_row"].toInt(),
          .first_column = context.saved_data["first_column"].toInt(),
          .relu_input = context.saved_data["relu_input"].toBool()};
}

}  // namespace cairn::ops
