#include "cairn/models/autoregressive/state_conv.h"

#include "cairn/nn/init.h"

namespace cairn::autoregressive {

namespace {

/// The last dimension's blocks of i, f, g and o, one for each colour channel, as one such block.
torch::Tensor gates_together(const torch::Tensor& t, int64_t groups) {
  if (groups == 1) return t;
  return t.unflatten(-1, {groups, 4, t.size(-1) / (4 * groups)}).transpose(-3, -2).flatten(-3, -1);
}

}  // namespace

StateConvImpl::StateConvImpl(const StateConvOptions& options, const RandomStream& random) : options_(options) {
  const auto& [h, walk, k, groups] = options_;
  weight_ = register_parameter("weight", nn::normal({4 * h, h, k}, std::sqrt(1 / static_cast<double>(h * k)), random));
}

torch::Tensor StateConvImpl::forward(const torch::Tensor& a) const {
  const auto pixels = gates_together(a.permute({0, 2, 3, 1}), options_.groups);   // [B, H, W, 4 h]
  const auto rows = gates_together(weight_.permute({2, 1, 0}), options_.groups);  // [k, h, 4 h]
  return ops::image_lstm(pixels.permute({0, 3, 1, 2}), {.W = rows.flatten(0, 1).t()}, options_.walk);
}

}  // namespace cairn::autoregressive
