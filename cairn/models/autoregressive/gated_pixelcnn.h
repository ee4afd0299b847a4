// Gated PixelCNN (van den Oord et al. 2016, "Conditional image generation with PixelCNN decoders", section 2).
//
// Each layer has two stacks. The vertical one sees the rows above; the horizontal one sees its own row to the left and,
// through a 1x1 convolution, the vertical one. Together they see every earlier pixel: no blind spot. With the gate
// y = tanh(a_f + V_f y) o sigma(a_g + V_g y) (eq. 4; V y a bias from the label), layer l is (figure 2)
//
//   a_v = conv(v),              v <- gate(a_v)
//   a_h = conv(h) + conv1x1(a_v),  h <- h + conv1x1(gate(a_h))      (the first layer without h +)
//
// a_v of a pixel sees rows above the pixel's own only: the first vertical filter ends one row above, so that later ones
// may include the pixel's row.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/image_model.h"

namespace cairn::autoregressive {

/// Parameters "layer<l>.{vertical,horizontal,across,out}.*" for l = 1 .. layers, "head.*", "output.*", with a label
/// "prior". The label's biases are those of `vertical` and `horizontal`. Layer 1 has filters of side first_kernel.
class GatedPixelCnn : public ImageModel {
 public:
  GatedPixelCnn(ops::Variables variables, ImageModelOptions options, const RandomStream& random);

 protected:
  torch::Tensor network(TensorLayers& net, const torch::Tensor& x) override { return features(net, x); }
  int64_t network(PixelProgram& net, int64_t x) override { return features(net, x); }

 private:
  struct Layer {
    MaskedConv vertical, horizontal, across, out;
  };
  template <class Net>
  typename Net::Map features(Net& net, const typename Net::Map& x);

  std::vector<Layer> layers_;
  MaskedConv head_{nullptr};
};

}  // namespace cairn::autoregressive
