// What the density models of images share: raster order, the label before the pixels, levels a channel by a softmax.
//
//   p(x, y) = p(y) prod_i p(x_i | x_<i, y)
//
// A network is written once, layer by layer against operations on maps of features, and run in two ways: on tensors
// (TensorLayers), for training, and as a PixelProgram, whose bits do not depend on how many pixels are computed at a
// time, for scores, sampling and coding.
#pragma once

#include "cairn/models/autoregressive/density_model.h"
#include "cairn/models/autoregressive/image_shape.h"
#include "cairn/models/autoregressive/masked_conv.h"
#include "cairn/models/autoregressive/pixel_program.h"
#include "cairn/models/autoregressive/state_conv.h"

namespace cairn::autoregressive {

struct ImageModelOptions {
  ImageShape shape;
  int64_t levels = 2;     ///< a channel takes
  int64_t features = 32;  ///< h: feature maps of a layer
  int64_t layers = 7;
  int64_t kernel = 3;        ///< side of the layers' filters before they are masked, odd
  int64_t first_kernel = 7;  ///< of the first layer's
  int64_t head = 32;         ///< feature maps before the logits
  int64_t labels = 0;        ///< classes; 0: no label
  Order order;               ///< raster, the label first
};

/// The operations of a network on tensors [B, channels, H, W].
class TensorLayers {
 public:
  using Map = torch::Tensor;
  /// `y` [B] int64, the classes, or undefined; `groups`: colour channels.
  TensorLayers(torch::Tensor y, int64_t groups) : y_(std::move(y)), groups_(groups) {}

  Map conv(const Map& x, const MaskedConv& layer) const {
    return layer->forward(x, y_, MaskedConvImpl::Input::as_it_is);
  }
  /// Of max(x, 0).
  Map relu_conv(const Map& x, const MaskedConv& layer) const {
    return layer->forward(x, y_, MaskedConvImpl::Input::rectified);
  }
  Map add_conv(const Map& h, const Map& x, const MaskedConv& layer) const {
    return layer->forward(x, y_, MaskedConvImpl::Input::as_it_is, h);
  }
  Map add_relu_conv(const Map& h, const Map& x, const MaskedConv& layer) const {
    return layer->forward(x, y_, MaskedConvImpl::Input::rectified, h);
  }
  Map add(const Map& a, const Map& b) const { return a + b; }
  Map lstm(const Map& a, const StateConv& state) const { return state->forward(a); }
  Map gate(const Map& a) const;
  Map gate(const Map& a, const Map& b) const;

 private:
  torch::Tensor y_;
  int64_t groups_;
};

class ImageModel : public DensityModel {
 public:
  const Order& order(int64_t /*member*/) const override { return options_.order; }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  std::optional<Staged> staged_objective(const torch::Tensor& x, RandomStream random) override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

  /// The logits of the pixels, all of each image at a time, with the very bits that steppers give one by one: x [B, D]
  /// -> [B, rows of the pixels] float.
  torch::Tensor exact_logits(const torch::Tensor& x);
  /// The same logits by tensor operations, differentiable: planes [B, channels, H, W], levels as numbers from 0 to 1; y
  /// [B] int64, the classes, or undefined.
  torch::Tensor tensor_logits(const torch::Tensor& planes, const torch::Tensor& y);
  /// What tensor_logits takes, of examples x [B, D].
  torch::Tensor planes(const torch::Tensor& x) const;
  torch::Tensor labels_of(const torch::Tensor& x) const;

 protected:
  ImageModel(ops::Variables variables, ImageModelOptions options);

  const ImageModelOptions& options() const { return options_; }
  /// The convolutions behind the layers, 1x1 with mask B, each of a rectified input: `in` features to `head`, and those
  /// to the logits, levels - 1 a channel. Weights are drawn from random.at(layers + 1) and (layers + 2).
  void make_head(int64_t in, const RandomStream& random);
  /// The first layer: first_kernel x first_kernel, mask A.
  MaskedConv first_conv(int64_t out, const RandomStream& random) const;
  /// A 1x1 convolution, mask B.
  MaskedConv pointwise(int64_t in, int64_t out, const RandomStream& random) const;

  /// Layer l = 1 .. layers, from the image for l = 1, else from what layer l - 1 gives. The head goes on from the last
  /// map of the last one.
  virtual std::vector<torch::Tensor> layer(const TensorLayers& net, int64_t l,
                                           const std::vector<torch::Tensor>& maps) = 0;
  virtual std::vector<int64_t> layer(PixelProgram& net, int64_t l, const std::vector<int64_t>& maps) = 0;

 private:
  PixelProgram program();
  template <class Net>
  typename Net::Map logits(Net& net, const typename Net::Map& features) const {
    return net.relu_conv(net.relu_conv(features, head_), output_);
  }
  /// log p of an example's variables, [B, D], the label's last.
  torch::Tensor terms(const torch::Tensor& logits, const torch::Tensor& x) const;
  /// Logits [B, channels (levels - 1), H, W] -> [B, rows of the pixels].
  torch::Tensor in_rows(const torch::Tensor& logits) const;

  ImageModelOptions options_;
  ops::Variables pixels_;
  MaskedConv head_{nullptr}, output_{nullptr};
  torch::Tensor prior_;  // [labels - 1]: logits of p(y)
};

}  // namespace cairn::autoregressive
