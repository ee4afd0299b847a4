// SGD, Adam, AdamW, RMSprop and Adagrad behind one interface, their state kept by parameter name.
//
// LibTorch's fused kernels do the work (RMSprop, which has none, uses its foreach operators): twice as fast as
// torch::optim, and no parameter groups whose unset options silently take the library's defaults.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/train/train_config.h"

namespace cairn::train {

struct OptimizerOptions {
  std::string kind = "adam";  ///< sgd, adam, adamw, rmsprop or adagrad
  double momentum = 0;        ///< sgd, rmsprop
  bool nesterov = false;      ///< sgd
  double beta1 = 0.9;
  double beta2 = 0.999;
  double alpha = 0.99;  ///< rmsprop
  double eps = 1e-8;
  double weight_decay = 0;

  static OptimizerOptions of(const TrainConfig& config);
};

class Optimizer {
 public:
  /// Over the network's parameters that require a gradient. Throws UsageError if there are none or the kind is unknown.
  Optimizer(const torch::nn::Module& network, OptimizerOptions options);

  /// One update of every parameter that has a gradient.
  void step(double lr);
  void zero_grad();
  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

  /// "exp_avg/<name>", "step/<name>", ...: tensors that share the optimiser's storage.
  std::map<std::string, torch::Tensor> state() const;
  /// Throws InputError naming `source` if a tensor is missing, unexpected or of another shape.
  void load(const std::map<std::string, torch::Tensor>& state, const std::string& source);

  /// What one update works on: the parameters that have a gradient, and their state, slot by slot.
  struct Active {
    std::vector<torch::Tensor> parameters, gradients;
    std::vector<std::vector<torch::Tensor>> slots;
    std::vector<torch::Tensor>
        steps;  ///< updates each parameter has had: scalar fp32 tensors, as the kernels want them
  };

 private:
  Active active() const;

  OptimizerOptions options_;
  std::vector<std::string> names_;
  std::vector<torch::Tensor> parameters_;
  std::vector<std::vector<torch::Tensor>> slots_;  // [slot][parameter]
  std::vector<torch::Tensor> steps_;
};

}  // namespace cairn::train
