#include "cairn/ops/feature_maps.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/ops/feature_map_kernels.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kGrain = 1 << 15;  // numbers a thread takes at least

torch::Tensor by_library(const torch::Tensor& x, FeatureMap map) {
  switch (map) {
    case FeatureMap::elu:
      return torch::relu(x) + x.clamp_max(0).exp();
    case FeatureMap::relu:
      return torch::relu(x);
    case FeatureMap::squared_relu:
      return torch::relu(x).square();
    case FeatureMap::exp:
      return x.exp();
    case FeatureMap::sigmoid:
      return x.sigmoid();
    case FeatureMap::softplus:
      break;
  }
  return torch::softplus(x);
}

struct Mapped : torch::autograd::Function<Mapped> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& given, FeatureMap map) {
    const auto x = given.detach().contiguous();
    auto phi = torch::empty_like(x);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "feature_map", [&] {
      const auto* from = x.const_data_ptr<scalar_t>();
      auto* to = phi.data_ptr<scalar_t>();
      at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
        map_elements<scalar_t>({.x = from + begin, .phi = to + begin, .count = end - begin, .map = map});
      });
    });
    ctx->save_for_backward({phi});
    ctx->saved_data["map"] = static_cast<int64_t>(map);
    return phi;
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto phi = ctx->get_saved_variables()[0], d_phi = grads[0].contiguous();
    const auto map = static_cast<FeatureMap>(ctx->saved_data["map"].toInt());
    auto dx = torch::empty_like(phi);
    AT_DISPATCH_FLOATING_TYPES(phi.scalar_type(), "feature_map", [&] {
      const auto *features = phi.const_data_ptr<scalar_t>(), *from = d_phi.const_data_ptr<scalar_t>();
      auto* to = dx.data_ptr<scalar_t>();
      at::parallel_for(0, phi.numel(), kGrain, [&](int64_t begin, int64_t end) {
        map_gradient<scalar_t>(
            {.phi = features + begin, .d_phi = from + begin, .dx = to + begin, .count = end - begin, .map = map});
      });
    });
    return {dx, {}};
  }
};

}  // namespace

torch::Tensor feature_map(const torch::Tensor& x, FeatureMap map) {
  return x.is_cpu() ? Mapped::apply(x, map) : by_library(x, map);
}

}  // namespace cairn::ops
