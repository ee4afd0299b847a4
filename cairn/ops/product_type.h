// What autocast asks of an operator's products.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/types.h>

namespace cairn::ops {

/// The type in which autocast wants products on t's device, or t's own; double precision stays what it is.
inline torch::ScalarType product_type(const torch::Tensor& t) {
  const auto device = t.device().type();
  const bool autocast = at::autocast::is_autocast_enabled(device) && t.scalar_type() != torch::kFloat64;
  return autocast ? at::autocast::get_autocast_dtype(device) : t.scalar_type();
}

}  // namespace cairn::ops
