// What stands between the two matrices of a feed-forward part.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

namespace cairn::nn {

enum class Activation {
  relu,       ///< max(0, x)
  gelu,       ///< x Phi(x), by the error function                              (Hendrycks & Gimpel 2016)
  gelu_tanh,  ///< x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2: its approximation
  swiglu,     ///< silu(gate) x                                                 (Shazeer 2020)
  silu,       ///< x / (1 + e^-x), "swish"                                      (Elfwing et al. 2017)
};

/// "relu", "gelu", "gelu_tanh", "swiglu", "silu".
std::vector<std::string> activation_names();
/// Throws UsageError with the nearest name.
Activation activation_named(const std::string& name);

/// `gate`, of the shape of x, is swiglu's.
torch::Tensor activated(Activation activation, const torch::Tensor& x, const torch::Tensor& gate = {});

/// The same for use, float or double: on the processor a number's result is the same bits wherever it stands, where
/// LibTorch's kernels take the last few of a block by another formula. Not differentiable.
torch::Tensor activated_exactly(Activation activation, const torch::Tensor& x, const torch::Tensor& gate = {});

}  // namespace cairn::nn
