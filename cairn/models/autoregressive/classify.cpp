#include "cairn/models/autoregressive/classify.h"

namespace cairn::autoregressive {

bool is_joint(const ModelSpec& spec) {
  return spec.config.label_place() != LabelPlace::none;
}

torch::Tensor joint_log_likelihoods(DensityModel& model, const torch::Tensor& x, int64_t members) {
  std::vector<torch::Tensor> each;
  for (int64_t y = 0; y < kClasses; ++y) {
    const auto label = torch::full({x.size(0), 1}, y, x.options());
    each.push_back(log_likelihood(model, torch::cat({x, label}, 1), members));
  }
  return torch::stack(each, 1);
}

torch::Tensor label_posterior(DensityModel& model, const torch::Tensor& x, int64_t members) {
  return joint_log_likelihoods(model, x, members).log_softmax(1);
}

torch::Tensor marginal_log_likelihood(DensityModel& model, const torch::Tensor& x, int64_t members) {
  return joint_log_likelihoods(model, x, members).logsumexp(1);
}

}  // namespace cairn::autoregressive
