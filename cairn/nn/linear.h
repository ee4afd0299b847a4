// y = x W^T + b, with the weights packed for use: then a row's result is the same bits whatever rows stand beside it.
//
//   nn::PackedForUse packed(network);   // until this goes, every Linear of the network multiplies by its packed weights
#pragma once

#include <memory>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "cairn/base/random.h"
#include "cairn/ops/packed_matrix.h"

namespace cairn::nn {

struct LinearOptions {
  int64_t in = 1;
  int64_t out = 1;
  bool bias = true;
  double gain = 1;  ///< times the bound of Glorot & Bengio's uniform initial weights; biases start at 0
};

/// Parameters `weight` [out, in] and `bias` [out].
class LinearImpl : public torch::nn::Module {
 public:
  LinearImpl(const LinearOptions& options, RandomStream random);

  /// x [..., in] -> [..., out]. Packed: not differentiable.
  torch::Tensor forward(const torch::Tensor& x) const;

  /// Takes the present weights; later changes are not seen until `unpack`. On another device than the processor: nothing.
  void pack();
  void unpack() { packed_ = {}; }

 private:
  torch::Tensor weight_, bias_;
  ops::PackedMatrix packed_;
};
TORCH_MODULE(Linear);

/// The Linears of a network are packed as long as this lives. The network must outlive it and keep its weights.
class PackedForUse {
 public:
  explicit PackedForUse(torch::nn::Module& network);
  ~PackedForUse();
  PackedForUse(const PackedForUse&) = delete;
  PackedForUse& operator=(const PackedForUse&) = delete;

 private:
  std::vector<std::shared_ptr<LinearImpl>> linears_;
};

}  // namespace cairn::nn
