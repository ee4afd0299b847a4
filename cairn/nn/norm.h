// Normalisation of each position's features by their own mean and size.
#pragma once

#include <string>

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace cairn::nn {

enum class NormKind {
  layer,  ///< (x - mean) / sqrt(variance + eps) weight + bias       (Ba, Kiros & Hinton 2016)
  rms,    ///< x / sqrt(mean of squares + eps) weight                (Zhang & Sennrich 2019)
};

struct NormOptions {
  NormKind kind = NormKind::layer;
  int64_t width = 1;
  double eps = 1e-5;
};

/// Parameters `weight` [width] and, of layer, `bias` [width].
class NormImpl : public torch::nn::Module {
 public:
  explicit NormImpl(const NormOptions& options);
  torch::Tensor forward(const torch::Tensor& x) const;  ///< [..., width] -> the same shape

 private:
  NormOptions options_;
  torch::Tensor weight_, bias_;
};
TORCH_MODULE(Norm);

}  // namespace cairn::nn
