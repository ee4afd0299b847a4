// PixelRNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, "Pixel recurrent neural networks", sections 3.1 to 3.4): the
// Row LSTM and the Diagonal BiLSTM.
//
//   first:    x <- conv7x7, mask A                                  2 h features
//   layer:    x <- x + conv1x1(h), figure 3, with h of
//     Row LSTM          one LSTM down the rows, K^is 1 x k with mask B, K^ss 1 x k over the row above
//     Diagonal BiLSTM   the sum of two along the diagonals from either side, K^is 1 x 1 with mask B, K^ss 2 x 1 over
//                       the skewed image; the one from the right a row behind
//   head:     logits = conv1x1(relu(conv1x1(relu(x)))), mask B
//
// What a pixel of the Row LSTM sees above it widens by a pixel to the right with each row, in however many layers: a
// triangle. The Diagonal BiLSTM sees every earlier pixel from the first layer on.
//
// The paper shifts what comes from the right down by a row, so that it holds no later pixel. Here its input is shifted:
// the row above the image is a row of zeros to it. Being a row behind, it needs no mask, and in the first layer it sees
// the image itself too (K^px, 1 x 1). Without that, mask A would hide the last pixel of the row above from all but the
// last pixels of a row, in however many layers.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/image_model.h"

namespace cairn::autoregressive {

enum class PixelRnnKind { row_lstm, diagonal_bilstm };

/// Parameters "first.*", for l = 1 .. layers "layer<l>.{input,state}.*" (Row LSTM) or
/// "layer<l>.{left,right}.{input,state}.*" and "layer<l>.out.*", "layer1.right.pixel.*", "head.*", "output.*", with a
/// label "prior". The label's biases are those of the first and of the input-to-state convolutions.
class PixelRnn : public ImageModel {
 public:
  PixelRnn(ops::Variables variables, ImageModelOptions options, PixelRnnKind kind, const RandomStream& random);

 protected:
  std::vector<torch::Tensor> layer(const TensorLayers& net, int64_t l,
                                   const std::vector<torch::Tensor>& maps) override {
    return layer_of(net, l, maps);
  }
  std::vector<int64_t> layer(PixelProgram& net, int64_t l, const std::vector<int64_t>& maps) override {
    return layer_of(net, l, maps);
  }

 private:
  /// One LSTM's input-to-state and state-to-state convolution.
  struct Direction {
    MaskedConv input;
    StateConv state;
    MaskedConv pixel;  // K^px or null
  };
  struct Layer {
    std::vector<Direction> directions;  // one or two
    MaskedConv out;
  };
  Direction make_direction(torch::nn::Module& holder, ops::Walk walk, const RandomStream& random) const;
  Layer make_layer(const std::string& name, PixelRnnKind kind, const RandomStream& random);
  template <class Net, class Map>
  std::vector<Map> layer_of(Net& net, int64_t l, const std::vector<Map>& maps);

  MaskedConv first_{nullptr};
  std::vector<Layer> layers_;
};

}  // namespace cairn::autoregressive
