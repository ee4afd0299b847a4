// The baselines: independent variables, and mixtures of them.
#pragma once

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// p(x) = prod_d p(x_d). Parameter "b" [R]: the logits.
class IndependentBernoulli : public DensityModel {
 public:
  IndependentBernoulli(ops::Variables variables, Order order);

  const Order& order(int64_t /*member*/) const override { return order_; }
  bool orderless() const override { return true; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  Order order_;
  torch::Tensor b;
};

/// p(x) = sum_m pi_m prod_d p_m(x_d). Parameters "log_weights" [M] (softmax gives pi) and "b" [M, R].
class BernoulliMixture : public DensityModel {
 public:
  BernoulliMixture(ops::Variables variables, Order order, int64_t components, RandomStream random);

  const Order& order(int64_t /*member*/) const override { return order_; }
  bool orderless() const override { return true; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  torch::Tensor log_p(const torch::Tensor& x, int64_t member) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  /// log p_m(x_d): [B, M, D]
  torch::Tensor component_terms(const torch::Tensor& x) const;

  Order order_;
  torch::Tensor log_weights;
  torch::Tensor b;
};

}  // namespace cairn::autoregressive
