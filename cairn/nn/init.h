// Initial weights drawn from our own counter-based random numbers, so that they depend on the seed and the stream's
// name alone: not on LibTorch's generator, threads, or which module was built before.
#pragma once

#include <torch/types.h>

#include "cairn/base/random.h"

namespace cairn::nn {

/// Uniform in [-bound, bound], fp32.
torch::Tensor uniform(torch::IntArrayRef shape, double bound, RandomStream random);
/// Normal with mean 0 and the given standard deviation, fp32.
torch::Tensor normal(torch::IntArrayRef shape, double deviation, RandomStream random);
/// Glorot & Bengio 2010 for a weight [fan_out, fan_in]: uniform with bound sqrt(6 / (fan_in + fan_out)).
torch::Tensor glorot(int64_t fan_out, int64_t fan_in, RandomStream random);
/// He et al. 2015 for a weight [fan_out, fan_in] before a ReLU: normal with deviation sqrt(2 / fan_in).
torch::Tensor he(int64_t fan_out, int64_t fan_in, RandomStream random);

}  // namespace cairn::nn
