#include "cairn/train/gradients.h"

namespace cairn::train {

namespace {

std::vector<torch::Tensor> gradients_of(const std::vector<torch::Tensor>& parameters) {
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

}  // namespace

double gradient_norm(const std::vector<torch::Tensor>& parameters) {
  const torch::NoGradGuard no_grad;
  const auto gradients = gradients_of(parameters);
  if (gradients.empty()) return 0;
  return torch::stack(at::_foreach_norm(gradients)).to(torch::kFloat64).norm().item<double>();
}

void clip_gradients(const std::vector<torch::Tensor>& parameters, double norm, double limit) {
  if (!(norm > limit)) return;
  const torch::NoGradGuard no_grad;
  auto gradients = gradients_of(parameters);
  at::_foreach_mul_(gradients, limit / norm);
}

}  // namespace cairn::train
