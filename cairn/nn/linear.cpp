#include "cairn/nn/linear.h"

#include <ATen/autocast_mode.h>
#include <torch/nn/functional.h>

#include "cairn/nn/init.h"
#include "cairn/ops/packed_linear.h"

namespace cairn::nn {

namespace {

/// Whether our products take x: not on another device, nor where autocast chooses another type.
bool packs(const torch::Tensor& x) {
  const bool ours = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kFloat64;
  return x.is_cpu() && ours && !at::autocast::is_autocast_enabled(at::kCPU);
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b) {
  return packs(x) ? ops::packed_linear(x, W, b) : torch::linear(x, W, b);
}

LinearImpl::LinearImpl(const LinearOptions& options, RandomStream random) {
  weight_ = register_parameter("weight", glorot(options.out, options.in, random) * options.gain);
  if (options.bias) bias_ = register_parameter("bias", torch::zeros({options.out}));
}

torch::Tensor LinearImpl::forward(const torch::Tensor& x) const {
  if (packed_.defined()) return packed_.multiply(x, bias_.defined() ? bias_.detach() : bias_);
  return linear(x, weight_, bias_);
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
