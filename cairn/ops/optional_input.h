// Inputs of a differentiable operator that may be left out: its node wants a tensor in every place.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

/// `t`, or an empty tensor in the place of an undefined one.
inline torch::Tensor or_placeholder(const torch::Tensor& t) {
  return t.defined() ? t : torch::empty({0});
}

/// What or_placeholder was given. No part that may be left out is a vector without elements.
inline torch::Tensor without_placeholder(const torch::Tensor& t) {
  return t.dim() == 1 && t.size(0) == 0 ? torch::Tensor() : t;
}

}  // namespace cairn::ops
