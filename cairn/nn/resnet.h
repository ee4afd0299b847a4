// The residual network for small images (He, Zhang, Ren & Sun 2016, section 4.2): 3x3 convolutions on 16, 32 and 64
// channels at full, half and quarter resolution, shortcuts without parameters (their option A).
#pragma once

#include <map>
#include <string>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "cairn/base/random.h"
#include "cairn/nn/chain.h"

namespace cairn::nn {

/// relu(shortcut(x) + bn2(conv2(relu(bn1(conv1(x)))))); where channels grow, the shortcut takes every second pixel and
/// fills the new channels with zeros on both sides.
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(int64_t in, int64_t out);
  torch::Tensor forward(const torch::Tensor& x);  ///< [B, in, h, w] -> [B, out, h, w] or, if out > in, [.., h/2, w/2]

 private:
  int64_t in_, out_;
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
};
TORCH_MODULE(ResidualBlock);

struct ResNetOptions {
  int64_t depth = 20;  ///< 6 n + 2, with n blocks at each of the three resolutions
  int64_t classes = 10;
  int64_t width = 16;  ///< channels at full resolution
};

/// Parameters as in the published CIFAR-10 networks: "conv1", "bn1", "layer<1..3>.<block>.{conv,bn}{1,2}", "linear".
class ResNetImpl : public torch::nn::Module {
 public:
  /// Convolutions start as He et al. 2015. Throws UsageError for another depth than 6 n + 2.
  ResNetImpl(const ResNetOptions& options, const RandomStream& random);

  torch::Tensor forward(const torch::Tensor& x) { return chain().forward(x); }  ///< [B, 3, h, w] -> [B, classes]
  /// The same, stage by stage: the stem, each block, the head.
  Chain chain();

 private:
  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  torch::nn::ModuleList layers_[3];
  torch::nn::Linear linear_{nullptr};
};
TORCH_MODULE(ResNet);

/// The published networks are older than batch normalisation's count of batches: adds counts of zero where none are.
/// Their other tensors have our names (`io::state_dict_of`).
std::map<std::string, torch::Tensor> with_batch_counts(std::map<std::string, torch::Tensor> tensors);

}  // namespace cairn::nn
