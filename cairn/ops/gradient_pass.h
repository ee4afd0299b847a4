// What benchmarks of an operator on one tensor measure: a pass forward and backward.
#pragma once

#include <functional>
#include <string>

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "cairn/base/benchmark.h"

namespace cairn::ops {

/// The time of y = forward() and of x's gradient from y itself; `quality` of that gradient, called `name`, tells
/// whether both sides of a contest computed the same.
inline Measure gradient_pass(const torch::Tensor& x, const std::function<torch::Tensor()>& forward,
                             const std::string& name, const std::function<torch::Tensor(torch::Tensor)>& quality) {
  return [=] {
    torch::Tensor gradient;
    const double seconds = seconds_of([&] {
      const auto y = forward();
      gradient = torch::autograd::grad({y}, {x}, {y.detach()})[0];
    });
    return Measurement{seconds, {{name, quality(gradient).item<double>()}}};
  };
}

}  // namespace cairn::ops
