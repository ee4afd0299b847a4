#include "cairn/models/autoregressive/gated_pixelcnn.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

GatedPixelCnn::GatedPixelCnn(ops::Variables variables, ImageModelOptions image_options, const RandomStream& random)
    : ImageModel(std::move(variables), std::move(image_options)) {
  const auto& o = options();
  const int64_t p = o.features, channels = o.shape.channels;
  for (int64_t l = 1; l <= o.layers; ++l) {
    const RandomStream own = random.at(l);
    const bool first = l == 1;
    const int64_t in = first ? channels : p, reach = (first ? o.first_kernel : o.kernel) / 2;
    const ConvWindow rows{.first_row = -reach,
                          .last_row = first ? -1 : 0,
                          .first_column = -reach,
                          .last_column = reach,
                          .centre = Centre::whole};
    const ConvWindow own_row{.first_column = -reach, .centre = first ? Centre::mask_a : Centre::mask_b};
    MaskedConvOptions options{.in = in, .out = 2 * p, .window = rows, .groups = channels, .labels = o.labels};
    auto holder = std::make_shared<torch::nn::Module>();
    Layer layer{nullptr, nullptr, nullptr, nullptr};
    layer.vertical = holder->register_module("vertical", MaskedConv(options, own.at(0)));
    options.window = own_row;
    layer.horizontal = holder->register_module("horizontal", MaskedConv(options, own.at(1)));
    options = {.in = 2 * p, .out = 2 * p, .window = {.centre = Centre::whole}, .groups = channels};
    layer.across = holder->register_module("across", MaskedConv(options, own.at(2)));
    layer.out = holder->register_module("out", pointwise(p, p, own.at(3)));
    register_module(cat("layer", l), holder);
    layers_.push_back(layer);
  }
  head_ = register_module("head", pointwise(p, o.head, random.at(o.layers + 1)));
  make_output(random.at(o.layers + 2));
}

template <class Net>
typename Net::Map GatedPixelCnn::features(Net& net, const typename Net::Map& x) {
  auto v = x, h = x;
  for (size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const auto a_v = net.conv(v, layer.vertical);                                 // [B, 2 p, H, W]
    if (l + 1 < layers_.size()) v = net.gate(a_v);                                // [B, p, H, W]
    const auto a_h = net.conv(h, layer.horizontal);                               // [B, 2 p, H, W]
    const auto gated = net.gate(a_h, net.conv(a_v, layer.across));                // [B, p, H, W]
    h = l == 0 ? net.conv(gated, layer.out) : net.add_conv(h, gated, layer.out);  // [B, p, H, W]
  }
  return net.relu_conv(h, head_);  // [B, head, H, W]
}

}  // namespace cairn::autoregressive
