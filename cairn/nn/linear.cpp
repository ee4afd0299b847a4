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
  network.apply([this](torch::nn::Module& module) {
    if (auto* part = dynamic_cast<Packable*>(&module)) parts_.push_back(part);
  });
  for (auto* part : parts_) part->pack();
}

PackedForUse::~PackedForUse() {
  for (auto* part : parts_) part->unpack();
}

}  // namespace cairn::nn
