#include "cairn/ops/logistic_pairs_reference.h"

namespace cairn::ops {

torch::Tensor logistic_pairs_reference(const torch::Tensor& x, const torch::Tensor& c, const torch::Tensor& p,
                                       const torch::Tensor& n) {
  const auto s = torch::matmul(x, c.t());
  return (p * torch::softplus(-s) + n * torch::softplus(s)).sum();
}

}  // namespace cairn::ops
