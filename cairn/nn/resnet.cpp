#include "cairn/nn/resnet.h"

#include <torch/nn/functional.h>

#include "cairn/base/error.h"
#include "cairn/nn/init.h"

namespace cairn::nn {

namespace F = torch::nn::functional;

namespace {

torch::nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false));
}

/// All convolution weights and the last layer's: normal with deviation sqrt(2 / fan_in).
void initialise(torch::nn::Module& network, const RandomStream& random) {
  const torch::NoGradGuard no_grad;
  uint64_t index = 0;
  for (auto& parameter : network.parameters()) {
    if (parameter.dim() < 2) continue;
    const auto fan_in = parameter.numel() / parameter.size(0);
    parameter.copy_(he(parameter.size(0), fan_in, random.at(index++)).view(parameter.sizes()));
  }
}

}  // namespace

ResidualBlockImpl::ResidualBlockImpl(int64_t in, int64_t out) : in_(in), out_(out) {
  conv1_ = register_module("conv1", conv3x3(in, out, in == out ? 1 : 2));
  bn1_ = register_module("bn1", torch::nn::BatchNorm2d(out));
  conv2_ = register_module("conv2", conv3x3(out, out, 1));
  bn2_ = register_module("bn2", torch::nn::BatchNorm2d(out));
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x) {
  auto shortcut = x;
  if (in_ != out_) {
    const int64_t before = (out_ - in_) / 2, after = out_ - in_ - before;
    const auto halved = x.slice(2, 0, x.size(2), 2).slice(3, 0, x.size(3), 2);
    shortcut = torch::constant_pad_nd(halved, {0, 0, 0, 0, before, after});  // [B, out, h/2, w/2]
  }
  const auto h = torch::relu(bn1_(conv1_(x)));
  return torch::relu(bn2_(conv2_(h)) + shortcut);
}

ResNetImpl::ResNetImpl(const ResNetOptions& options, const RandomStream& random) {
  if (options.depth < 8 || (options.depth - 2) % 6 != 0) {
    throw UsageError("resnet", cat("depth: ", got_expected(options.depth, "6 n + 2: 8, 14, 20, 32, 44, 56, 110, ...")));
  }
  conv1_ = register_module("conv1", conv3x3(3, options.width, 1));
  bn1_ = register_module("bn1", torch::nn::BatchNorm2d(options.width));
  int64_t in = options.width;
  for (int64_t level = 0; level < 3; ++level) {
    const int64_t out = options.width << level;
    for (int64_t block = 0; block < (options.depth - 2) / 6; ++block) {
      layers_[level]->push_back(ResidualBlock(in, out));
      in = out;
    }
    register_module(cat("layer", level + 1), layers_[level]);
  }
  linear_ = register_module("linear", torch::nn::Linear(in, options.classes));
  initialise(*this, random);
}

Chain ResNetImpl::chain() {
  Chain chain;
  chain.add("conv1", [conv = conv1_, bn = bn1_](const torch::Tensor& x) mutable { return torch::relu(bn(conv(x))); });
  for (size_t level = 0; level < 3; ++level) {
    for (size_t block = 0; block < layers_[level]->size(); ++block) {
      chain.add(cat("layer", level + 1, ".", block), ResidualBlock(layers_[level]->ptr<ResidualBlockImpl>(block)));
    }
  }
  chain.add("linear", [linear = linear_](const torch::Tensor& x) mutable {
    return linear(torch::avg_pool2d(x, x.size(3)).flatten(1));  // [B, classes]
  });
  return chain;
}

std::map<std::string, torch::Tensor> with_batch_counts(std::map<std::string, torch::Tensor> tensors) {
  const std::string mean = "running_mean";
  std::vector<std::string> counts;
  for (const auto& [name, tensor] : tensors) {
    if (name.ends_with(mean)) counts.push_back(name.substr(0, name.size() - mean.size()) + "num_batches_tracked");
  }
  for (const auto& count : counts) tensors.emplace(count, torch::zeros({}, torch::kInt64));
  return tensors;
}

}  // namespace cairn::nn
