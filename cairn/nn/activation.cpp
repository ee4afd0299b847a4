#include "cairn/nn/activation.h"

#include <cmath>
#include <numbers>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/nn/functional.h>

#include "cairn/base/text.h"

namespace cairn::nn {

std::vector<std::string> activation_names() {
  return {"relu", "gelu", "gelu_tanh", "swiglu", "silu"};
}

Activation activation_named(const std::string& name) {
  return static_cast<Activation>(place_among(activation_names(), name, "activation"));
}

torch::Tensor activated(Activation activation, const torch::Tensor& x, const torch::Tensor& gate) {
  switch (activation) {
    case Activation::gelu:
      return torch::gelu(x);
    case Activation::gelu_tanh:
      return torch::gelu(x, "tanh");
    case Activation::swiglu:
      return torch::silu(gate) * x;
    case Activation::silu:
      return torch::silu(x);
    default:
      return torch::relu(x);
  }
}

namespace {

template <class T>
T gelu(T x) {
  return x * (1 + std::erf(x * static_cast<T>(1 / std::numbers::sqrt2))) / 2;
}

template <class T>
T gelu_tanh(T x) {
  const auto slope = static_cast<T>(std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
  return x * (1 + std::tanh(slope * (x + static_cast<T>(0.044715) * x * x * x))) / 2;
}

template <class T>
T silu(T x) {
  return x / (1 + std::exp(-x));
}

/// function(x) for each number of x.
template <class Function>
torch::Tensor one_by_one(const torch::Tensor& x, const Function& function) {
  const auto from = x.detach().contiguous();
  auto to = torch::empty_like(from);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "activation", [&] {
    const auto* in = from.const_data_ptr<scalar_t>();
    auto* out = to.mutable_data_ptr<scalar_t>();
    constexpr int64_t kGrain = 1 << 12;
    at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) out[k] = function(in[k]);
    });
  });
  return to;
}

}  // namespace

torch::Tensor activated_exactly(Activation activation, const torch::Tensor& x, const torch::Tensor& gate) {
  if (!x.is_cpu()) return activated(activation, x, gate);
  switch (activation) {
    case Activation::gelu:
      return one_by_one(x, [](auto value) { return gelu(value); });
    case Activation::gelu_tanh:
      return one_by_one(x, [](auto value) { return gelu_tanh(value); });
    case Activation::swiglu:
      return one_by_one(gate, [](auto value) { return silu(value); }) * x;
    case Activation::silu:
      return one_by_one(x, [](auto value) { return silu(value); });
    default:
      return torch::relu(x);
  }
}

}  // namespace cairn::nn
