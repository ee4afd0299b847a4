// Conditionals of MADE one at a time, at the cost of one full pass for all of them together.
//
// Once the variable at position i is known, the hidden units of degree i have all they see: they are computed then,
// once. The first layer's sums are kept up to date by adding a column for each variable that is not 0.
#pragma once

#include <memory>
#include <vector>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

struct MadeLayer {
  torch::Tensor weight;          ///< [H_l, H_(l-1)]; of the first layer [R, H_1], a row for each input
  torch::Tensor bias;            ///< [H_l]
  std::vector<int64_t> degrees;  ///< [H_l], ascending
};

/// fp32 on the CPU, masked, the rows of inputs and outputs by position.
struct MadeStepperOptions {
  std::vector<MadeLayer> layers;
  torch::Tensor V;  ///< [R, H_L]
  torch::Tensor b;  ///< [R]
  torch::Tensor A;  ///< [R, R], undefined without direct connections
  bool relu = true;
};

std::unique_ptr<Stepper> make_made_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                           MadeStepperOptions options);

}  // namespace cairn::autoregressive
