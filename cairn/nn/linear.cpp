#include "cairn/nn/linear.h"

#include <torch/nn/functional.h>

#include "cairn/nn/init.h"

namespace cairn::nn {

LinearImpl::LinearImpl(const LinearOptions& options, RandomStream random) {
  weight_ = register_parameter("weight", glorot(options.out, options.in, random) * options.gain);
  if (options.bias) bias_ = register_parameter("bias", torch::zeros({options.out}));
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) const {
  if (packed_.defined()) return packed_.multiply(x, bias_.defined() ? bias_.detach() : bias_);
  return torch::linear(x, weight_, bias_);
}

void LinearImpl::pack() {
  if (weight_.is_cpu()) packed_ = ops::PackedMatrix(weight_);
}

PackedForUse::PackedForUse(torch::nn::Module& network) {
  for (const auto& module : network.modules()) {
    if (auto linear = std::dynamic_pointer_cast<LinearImpl>(module)) linears_.push_back(std::move(linear));
  }
  for (const auto& linear : linears_) linear->pack();
}

PackedForUse::~PackedForUse() {
  for (const auto& linear : linears_) linear->unpack();
}

}  // namespace cairn::nn
