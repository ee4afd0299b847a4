// The recurrent half of a PixelRNN's layer (van den Oord, Kalchbrenner & Kavukcuoglu 2016, sections 3.1 and 3.2): the
// state-to-state convolution K^ss and the LSTM that it feeds.
//
//   [i, f, g, o] = [sigma, sigma, tanh, sigma](a + K^ss * h'),   c = f o c' + i o g,   h = o o tanh(c)          (3)
//
// where a = K^is * x is the input-to-state convolution's, and h' and c' are of earlier pixels (ops::Walk).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "cairn/base/random.h"
#include "cairn/ops/recurrence.h"

namespace cairn::autoregressive {

struct StateConvOptions {
  int64_t features;  ///< h
  ops::Walk walk;
  int64_t width;       ///< k pixels of the row above, odd; of diagonals 2: above and beside
  int64_t groups = 1;  ///< colour channels
};

/// Parameter "weight" [4 h, h, k]. Channels of a lie in `groups` blocks, each i, f, g and o.
class StateConvImpl : public torch::nn::Module {
 public:
  StateConvImpl(const StateConvOptions& options, const RandomStream& random);

  /// a [B, 4 h, H, W] -> h [B, h, H, W].
  torch::Tensor forward(const torch::Tensor& a) const;

  const StateConvOptions& options() const { return options_; }
  const torch::Tensor& weight() const { return weight_; }

 private:
  StateConvOptions options_;
  torch::Tensor weight_;
};
TORCH_MODULE(StateConv);

}  // namespace cairn::autoregressive
