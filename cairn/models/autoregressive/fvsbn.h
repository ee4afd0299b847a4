// Fully visible sigmoid belief network (Neal 1992; Frey, Hinton & Dayan 1996): each variable is a logistic regression
// on those before it.
//
//   logit p(x_i = 1 | x_<i) = b_i + sum_{j < i} A_ij x_j
#pragma once

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// Parameters "A" [R, R] (row: output, column: input; used only where the column's variable comes first) and "b" [R].
class Fvsbn : public DensityModel {
 public:
  Fvsbn(ops::Variables variables, Order order);

  const Order& order(int64_t /*member*/) const override { return order_; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  Order order_;
  torch::Tensor A;
  torch::Tensor b;
  torch::Tensor mask_;  // [R, R]: 1 where the column's variable comes before the row's
};

}  // namespace cairn::autoregressive
