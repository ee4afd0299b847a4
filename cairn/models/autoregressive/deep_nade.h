// Orderless deep NADE (Uria, Murray & Larochelle 2014, "A deep and tractable density estimator").
//
// One network answers "what is p(x_d | x_known)" for any set of known variables: its input is the known values beside
// the mask of what is known. Training draws an order and a length of the known prefix for each example (eq. 11); any
// order then gives a proper density, and the mean of several orders' densities is a better one.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

struct DeepNadeOptions {
  std::vector<int64_t> hidden;
  std::string activation = "relu";  ///< or "sigmoid"
  std::vector<Order> orders;        ///< the ensemble's
};

/// Parameters: "input" [H_1, R] for values, "mask" [H_1, D] for which variables are known, "weight<l>" [H_l, H_(l-1)]
/// for l >= 2, "bias<l>" [H_l], "V" [R, H_L], "b" [R].
class DeepNade : public DensityModel {
 public:
  DeepNade(ops::Variables variables, DeepNadeOptions options, RandomStream random);

  int64_t members() const override { return static_cast<int64_t>(options_.orders.size()); }
  const Order& order(int64_t member) const override { return options_.orders.at(member); }
  bool orderless() const override { return true; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  std::optional<Staged> staged_objective(const torch::Tensor& x, RandomStream random) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  torch::Tensor activate(const torch::Tensor& a) const;
  /// Layer l = 1 .. (counted from 0) of the layer below it.
  torch::Tensor hidden(const torch::Tensor& h, size_t l) const;
  /// Hidden layers above the first, from its pre-activations a_1 [.., H_1].
  torch::Tensor top(const torch::Tensor& a1) const;

  DeepNadeOptions options_;
  torch::Tensor input_, mask_, V, b;
  std::vector<torch::Tensor> weights_;  // layers 2 ..
  std::vector<torch::Tensor> biases_;   // layers 1 ..
};

}  // namespace cairn::autoregressive
