// PixelRNN (van den Oord, Kalchbrenner & Kavukcuoglu 2016, "Pixel recurrent neural networks", sections 3.1 to 3.4): the
// Row LSTM and the Diagonal BiLSTM.
//
//   first:    x <- conv7x7, mask A                                  2 h features
//   layer:    x <- x + conv1x1(h), figure 3, with h of
//     Row LSTM          one LSTM down the rows, K^is 1 x k with mask B, K^ss 1 x k over the row above
//     Diagonal BiLSTM   the sum of two along the diagonals from either side, K^is 1 x 1 with mask B, K^ss 2 x 1 over
//                       the skewed image; the one from the right shifted down by a row
//   head:     logits = conv1x1(relu(conv1x1(relu(x)))), mask B
//
// What a pixel of the Row LSTM sees is a triangle above it, widened by the layers; of the Diagonal BiLSTM, every
// earlier pixel from the first layer on.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/image_model.h"

namespace cairn::autoregressive {

enum class PixelRnnKind { row_lstm, diagonal_bilstm };

/// Parameters "first.*", for l = 1 .. layers "layer<l>.{input,state}.*" (Row LSTM) or
/// "layer<l>.{left,right}.{input,state}.*" and "layer<l>.out.*", "head.*", "output.*", with a label "prior". The
/// label's biases are those of the first and of the input-to-state convolutions.
class PixelRnn : public ImageModel {
 public:
  PixelRnn(ops::Variables variables, ImageModelOptions options, PixelRnnKind kind, const RandomStream& random);

 protected:
  torch::Tensor network(TensorLayers& net, const torch::Tensor& x) override { return features(net, x); }
  int64_t network(PixelProgram& net, int64_t x) override { return features(net, x); }

 private:
  /// One LSTM's input-to-state and state-to-state convolution.
  struct Direction {
    MaskedConv input;
    StateConv state;
  };
  struct Layer {
    std::vector<Direction> directions;  // one or two
    MaskedConv out;
  };
  Direction make_direction(torch::nn::Module& holder, ops::Walk walk, const RandomStream& random) const;
  Layer make_layer(torch::nn::Module& holder, PixelRnnKind kind, const RandomStream& random) const;
  template <class Net>
  typename Net::Map features(Net& net, const typename Net::Map& x);

  MaskedConv first_{nullptr}, head_{nullptr};
  std::vector<Layer> layers_;
};

}  // namespace cairn::autoregressive
