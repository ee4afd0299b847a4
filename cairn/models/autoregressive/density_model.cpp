#include "cairn/models/autoregressive/density_model.h"

#include <cmath>

#include "cairn/base/error.h"

namespace cairn::autoregressive {

torch::Tensor DensityModel::objective(const torch::Tensor& x, RandomStream random) {
  if (const auto staged = staged_objective(x, random)) return staged->chain.forward(staged->input);
  return label_weight_ == 1 ? -log_p(x, 0) : objective_of(conditionals(x, 0));
}

torch::Tensor DensityModel::objective_of(const torch::Tensor& terms) const {
  const auto sum = -terms.sum(1);
  return label_weight_ == 1 ? sum : sum - (label_weight_ - 1) * terms.select(1, -1);
}

std::optional<DensityModel::Staged> DensityModel::staged_objective(const torch::Tensor& /*x*/,
                                                                   RandomStream /*random*/) {
  return std::nullopt;
}

void DensityModel::check(const Path& path) const {
  if (path.member >= 0 && path.member < members() && order(path.member) == path.order) return;
  throw UsageError("stepper", cat("got an order that member ", path.member, " of the model does not follow"));
}

torch::Tensor log_likelihood(DensityModel& model, const torch::Tensor& x, int64_t members) {
  std::vector<torch::Tensor> each;
  for (int64_t member = 0; member < members; ++member) each.push_back(model.log_p(x, member));
  if (members == 1) return each.front();
  return torch::stack(each).logsumexp(0) - std::log(static_cast<double>(members));
}

torch::Tensor log_likelihood(DensityModel& model, const torch::Tensor& x) {
  return log_likelihood(model, x, model.members());
}

torch::Tensor as_floats(const torch::Tensor& parameter) {
  return parameter.detach().to(torch::kCPU, torch::kFloat32).contiguous();
}

}  // namespace cairn::autoregressive
