#include "cairn/models/autoregressive/pixel_rnn.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

PixelRnn::PixelRnn(ops::Variables variables, ImageModelOptions image_options, PixelRnnKind kind,
                   const RandomStream& random)
    : ImageModel(std::move(variables), std::move(image_options)) {
  const auto& o = options();
  first_ = register_module("first", first_conv(2 * o.features, random.at(0)));
  for (int64_t l = 1; l <= o.layers; ++l) {
    auto holder = std::make_shared<torch::nn::Module>();
    layers_.push_back(make_layer(*holder, kind, random.at(l)));
    register_module(cat("layer", l), holder);
  }
  head_ = register_module("head", pointwise(2 * o.features, o.head, random.at(o.layers + 1)));
  make_output(random.at(o.layers + 2));
}

PixelRnn::Direction PixelRnn::make_direction(torch::nn::Module& holder, ops::Walk walk,
                                             const RandomStream& random) const {
  const auto& o = options();
  const bool by_rows = walk == ops::Walk::rows;
  const MaskedConvOptions input{.in = 2 * o.features,
                                .out = 4 * o.features,
                                .window = {.first_column = by_rows ? -(o.kernel / 2) : 0},
                                .groups = o.shape.channels,
                                .labels = o.labels};
  const StateConvOptions state{
      .features = o.features, .walk = walk, .width = by_rows ? o.kernel : 2, .groups = o.shape.channels};
  return {.input = holder.register_module("input", MaskedConv(input, random.at(0))),
          .state = holder.register_module("state", StateConv(state, random.at(1)))};
}

PixelRnn::Layer PixelRnn::make_layer(torch::nn::Module& holder, PixelRnnKind kind, const RandomStream& random) const {
  Layer layer{.directions = {}, .out = pointwise(options().features, 2 * options().features, random.at(0))};
  holder.register_module("out", layer.out);
  if (kind == PixelRnnKind::row_lstm) {
    layer.directions.push_back(make_direction(holder, ops::Walk::rows, random.at(1)));
    return layer;
  }
  const auto add = [&](const char* name, ops::Walk walk, const RandomStream& own) {
    auto side = std::make_shared<torch::nn::Module>();
    layer.directions.push_back(make_direction(*side, walk, own));
    holder.register_module(name, side);
  };
  add("left", ops::Walk::diagonals, random.at(1));
  add("right", ops::Walk::mirrored_diagonals, random.at(2));
  return layer;
}

template <class Net>
typename Net::Map PixelRnn::features(Net& net, const typename Net::Map& image) {
  auto x = net.conv(image, first_);  // [B, 2 h, H, W]
  for (const Layer& layer : layers_) {
    const auto run = [&](const Direction& direction) {
      return net.lstm(net.conv(x, direction.input), direction.state);  // [B, h, H, W]
    };
    auto h = run(layer.directions[0]);
    if (layer.directions.size() > 1) h = net.add(h, run(layer.directions[1]));
    x = net.add_conv(x, h, layer.out);  // [B, 2 h, H, W]
  }
  return net.relu_conv(x, head_);  // [B, head, H, W]
}

}  // namespace cairn::autoregressive
