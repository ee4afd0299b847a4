// Classification with a joint model p(x, y): p(y | x) = p(x, y) / sum_y' p(x, y').
#pragma once

#include "cairn/models/autoregressive/density_model.h"
#include "cairn/models/autoregressive/model_factory.h"

namespace cairn::autoregressive {

bool is_joint(const ModelSpec& spec);

/// log p(x, y) for every y, of the ensemble's first `members` members: x [B, D - 1] -> [B, kClasses].
torch::Tensor joint_log_likelihoods(DensityModel& model, const torch::Tensor& x, int64_t members);

/// log p(y | x): [B, kClasses].
torch::Tensor label_posterior(DensityModel& model, const torch::Tensor& x, int64_t members);

/// log p(x) = log sum_y p(x, y): [B].
torch::Tensor marginal_log_likelihood(DensityModel& model, const torch::Tensor& x, int64_t members);

}  // namespace cairn::autoregressive
