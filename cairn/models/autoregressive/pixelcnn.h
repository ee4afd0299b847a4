// PixelCNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, "Pixel recurrent neural networks", sections 3.2 to 3.5).
//
//   first:    h <- conv7x7, mask A
//   block:    h <- h + conv1x1(relu(conv3x3(relu(conv1x1(relu(h)))))), mask B: 2 h -> h -> h -> 2 h features, figure 5
//   head:     logits = conv1x1(relu(conv1x1(relu(h)))), mask B
//
// Its stack of filters never sees some pixels above and to the right: the blind spot that the gated one has not.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/image_model.h"

namespace cairn::autoregressive {

/// Parameters "first.*", "block<l>.{in,masked,out}.*" for l = 1 .. layers, "head.*", "output.*", with a label "prior".
/// The label's biases are those of the first and of the masked convolutions.
class PixelCnn : public ImageModel {
 public:
  PixelCnn(ops::Variables variables, ImageModelOptions options, const RandomStream& random);

 protected:
  std::vector<torch::Tensor> layer(const TensorLayers& net, int64_t l,
                                   const std::vector<torch::Tensor>& maps) override {
    return layer_of(net, l, maps);
  }
  std::vector<int64_t> layer(PixelProgram& net, int64_t l, const std::vector<int64_t>& maps) override {
    return layer_of(net, l, maps);
  }

 private:
  struct Block {
    MaskedConv in, masked, out;
  };
  template <class Net, class Map>
  std::vector<Map> layer_of(Net& net, int64_t l, const std::vector<Map>& maps);

  MaskedConv first_{nullptr};
  std::vector<Block> blocks_;
};

}  // namespace cairn::autoregressive
