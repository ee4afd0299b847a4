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
  std::vector<torch::Tensor> layer(const TensorLayers& net, int64_t l,
                                   const std::vector<torch::Tensor>& maps) override {
    return layer_of(net, l, maps);
  }
  std::vector<int64_t> layer(PixelProgram& net, int64_t l, const std::vector<int64_t>& maps) override {
    return layer_of(net, l, maps);
  }

 private:
  struct Layer {
    MaskedConv vertical, horizontal, across, out;
  };
  template <class Net, class Map>
  std::vector<Map> layer_of(Net& net, int64_t l, const std::vector<Map>& maps);

  std::vector<Layer> layers_;
};

}  // namespace cairn::autoregressive
