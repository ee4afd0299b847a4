#include "cairn/nn/norm.h"

#include <torch/nn/functional.h>

namespace cairn::nn {

NormImpl::NormImpl(const NormOptions& options) : options_(options) {
  weight_ = register_parameter("weight", torch::ones({options.width}));
  if (options.kind == NormKind::layer) bias_ = register_parameter("bias", torch::zeros({options.width}));
}

torch::Tensor NormImpl::forward(const torch::Tensor& x) const {
  if (options_.kind == NormKind::layer) return torch::layer_norm(x, {options_.width}, weight_, bias_, options_.eps);
  return torch::rms_norm(x, {options_.width}, weight_, options_.eps);
}

}  // namespace cairn::nn
