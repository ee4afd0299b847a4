// Conditionals of deep NADE one at a time: the first layer is a running sum, the layers above are run anew.
#pragma once

#include <memory>
#include <vector>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// fp32 copies on the CPU, laid out for row access.
struct DeepNadeWeights {
  torch::Tensor input;                ///< [R, H_1]
  torch::Tensor mask;                 ///< [D, H_1]
  std::vector<torch::Tensor> layers;  ///< [H_l, H_(l-1)] of layers 2 ..
  std::vector<torch::Tensor> biases;  ///< [H_l] of layers 1 ..
  torch::Tensor V;                    ///< [R, H_L]
  torch::Tensor b;                    ///< [R]
};

struct DeepNadeStepperOptions {
  DeepNadeWeights weights;
  bool relu = true;
};

std::unique_ptr<Stepper> make_deep_nade_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                                DeepNadeStepperOptions options);

}  // namespace cairn::autoregressive
