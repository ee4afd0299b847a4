// Neural autoregressive distribution estimator (Larochelle & Murray 2011; Uria et al. 2016, section 2).
//
//   h_i = sigmoid(c + sum_{j < i} W_j x_j),   logit p(x_i = 1 | x_<i) = b_i + V_i h_i
//
// All h_i share W, so one pass carries the sum along; ops/nade.h does it.
#pragma once

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// Parameters "W" and "V" [R, H] (a row for each level but 0 of each variable), "b" [R], "c" [H].
class Nade : public DensityModel {
 public:
  Nade(ops::Variables variables, Order order, int64_t hidden, RandomStream random);

  const Order& order(int64_t /*member*/) const override { return order_; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  Order order_;
  torch::Tensor W, V, b, c;
};

}  // namespace cairn::autoregressive
