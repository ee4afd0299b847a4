#include "cairn/ops/linear_attention_efficient.h"

namespace cairn::ops {

torch::Tensor log_weights(const torch::Tensor& k, const torch::Tensor& mask) {
  return mask.defined() ? k.masked_fill(mask.logical_not().unsqueeze(-1), kLogOfNothing) : k;
}

RunningSoftmax running_softmax(const torch::Tensor& k, const torch::Tensor& log_z) {
  const int64_t T = k.size(2);
  const auto all = torch::cat({log_z, k}, 2).logcumsumexp(2);
  const auto before = all.narrow(2, 0, T), after = all.narrow(2, 1, T);
  const auto nothing = before < kLogOfNothing / 2;
  return {.k = (k - after).exp(),
          .log_decay = (before - after).clamp_max(0).masked_fill(nothing, 0),
          .log_z = all.narrow(2, T, 1)};
}

}  // namespace cairn::ops
