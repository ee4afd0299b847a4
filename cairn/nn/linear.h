// y = x W^T + b, with the weights packed for use: then a row's result is the same bits whatever rows stand beside it.
//
//   nn::PackedForUse packed(network);   // until this goes, the network multiplies by packed weights
#pragma once

#include <memory>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "cairn/base/random.h"
#include "cairn/ops/packed_matrix.h"

namespace cairn::nn {

/// x W^T + b for training, by the fastest products there are: packed ones (ops/packed_linear.h) for float and double on
/// the processor, LibTorch's elsewhere and under autocast. b may be undefined.
torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b = {});

struct LinearOptions {
  int64_t in = 1;
  int64_t out = 1;
  bool bias = true;
  double gain = 1;  ///< times the bound of Glorot & Bengio's uniform initial weights; biases start at 0
};

/// What can multiply by packed weights: the present ones; later changes are not seen until `unpack`. On another device
/// than the processor nothing is packed.
class Packable {
 public:
  virtual ~Packable() = default;
  virtual void pack() = 0;
  virtual void unpack() = 0;
};

/// Parameters `weight` [out, in] and `bias` [out].
class LinearImpl : public torch::nn::Module, public Packable {
 public:
  LinearImpl(const LinearOptions& options, RandomStream random);

  /// x [..., in] -> [..., out]. Packed: not differentiable.
  torch::Tensor forward(const torch::Tensor& x) const;

  void pack() override;
  void unpack() override { packed_ = {}; }

 private:
  torch::Tensor weight_, bias_;
  ops::PackedMatrix packed_;
};
TORCH_MODULE(Linear);

/// Every Packable among a network's modules is packed as long as this lives, which is shorter than the network does;
/// the weights must stay as they are.
class PackedForUse {
 public:
  explicit PackedForUse(torch::nn::Module& network);
  ~PackedForUse();
  PackedForUse(const PackedForUse&) = delete;
  PackedForUse& operator=(const PackedForUse&) = delete;

 private:
  std::vector<Packable*> parts_;
};

}  // namespace cairn::nn
