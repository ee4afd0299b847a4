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
  make_head(p, random);
}

/// Maps v and h; the last layer gives h alone.
template <class Net, class Map>
std::vector<Map> GatedPixelCnn::layer_of(Net& net, int64_t l, const std::vector<Map>& maps) {
  const Layer& layer = layers_[l - 1];
  const Map &v = maps.front(), &h = maps.back();                  // both the image for l = 1
  const auto a_v = net.conv(v, layer.vertical);                   // [B, 2 p, H, W]
  const auto a_h = net.conv(h, layer.horizontal);                 // [B, 2 p, H, W]
  const auto gated = net.gate(a_h, net.conv(a_v, layer.across));  // [B, p, H, W]
  const auto next_h = l == 1 ? net.conv(gated, layer.out) : net.add_conv(h, gated, layer.out);  // [B, p, H, W]
  if (l == options().layers) return {next_h};
  return {net.gate(a_v), next_h};  // [B, p, H, W] each
}

}  // namespace cairn::autoregressive
