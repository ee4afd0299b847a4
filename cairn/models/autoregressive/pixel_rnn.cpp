#include "cairn/models/autoregressive/pixel_rnn.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

PixelRnn::PixelRnn(ops::Variables variables, ImageModelOptions image_options, PixelRnnKind kind,
                   const RandomStream& random)
    : ImageModel(std::move(variables), std::move(image_options)) {
  const auto& o = options();
  first_ = register_module("first", first_conv(2 * o.features, random.at(0)));
  for (int64_t l = 1; l <= o.layers; ++l) {
    layers_.push_back(make_layer(cat("layer", l), kind, random.at(l)));
  }
  make_head(2 * o.features, random);
}

namespace {

/// What K^is sees: half of `kernel` pixels of a pixel's own row, or of mirrored diagonals the pixel above.
ConvWindow input_window(ops::Walk walk, int64_t kernel) {
  switch (walk) {
    case ops::Walk::rows:
      return {.first_column = -(kernel / 2)};
    case ops::Walk::diagonals:
      return {};
    case ops::Walk::mirrored_diagonals:
      break;
  }
  return {.first_row = -1, .last_row = -1, .centre = Centre::whole};
}

}  // namespace

PixelRnn::Direction PixelRnn::make_direction(torch::nn::Module& holder, ops::Walk walk,
                                             const RandomStream& random) const {
  const auto& o = options();
  const MaskedConvOptions input{.in = 2 * o.features,
                                .out = 4 * o.features,
                                .window = input_window(walk, o.kernel),
                                .groups = o.shape.channels,
                                .labels = o.labels};
  const StateConvOptions state{.features = o.features,
                               .walk = walk,
                               .width = walk == ops::Walk::rows ? o.kernel : 2,
                               .groups = o.shape.channels};
  return {.input = holder.register_module("input", MaskedConv(input, random.at(0))),
          .state = holder.register_module("state", StateConv(state, random.at(1))),
          .pixel = nullptr};
}

PixelRnn::Layer PixelRnn::make_layer(const std::string& name, PixelRnnKind kind, const RandomStream& random) {
  const auto holder = register_module(name, std::make_shared<torch::nn::Module>());
  Layer layer{.directions = {}, .out = pointwise(options().features, 2 * options().features, random.at(0))};
  holder->register_module("out", layer.out);
  if (kind == PixelRnnKind::row_lstm) {
    layer.directions.push_back(make_direction(*holder, ops::Walk::rows, random.at(1)));
    return layer;
  }
  const auto left = holder->register_module("left", std::make_shared<torch::nn::Module>());
  const auto right = holder->register_module("right", std::make_shared<torch::nn::Module>());
  layer.directions = {make_direction(*left, ops::Walk::diagonals, random.at(1)),
                      make_direction(*right, ops::Walk::mirrored_diagonals, random.at(2))};
  if (!layers_.empty()) return layer;
  const MaskedConvOptions pixel{.in = options().shape.channels,
                                .out = 4 * options().features,
                                .window = input_window(ops::Walk::mirrored_diagonals, 1),
                                .groups = options().shape.channels};
  layer.directions[1].pixel = right->register_module("pixel", MaskedConv(pixel, random.at(3)));
  return layer;
}

template <class Net, class Map>
std::vector<Map> PixelRnn::layer_of(Net& net, int64_t l, const std::vector<Map>& maps) {
  const Layer& layer = layers_[l - 1];
  const Map x = l == 1 ? net.conv(maps[0], first_) : maps[0];  // [B, 2 h, H, W]
  const auto run = [&](const Direction& direction) {
    auto a = net.conv(x, direction.input);  // [B, 4 h, H, W]
    if (direction.pixel) a = net.add_conv(a, maps[0], direction.pixel);
    return net.lstm(a, direction.state);  // [B, h, H, W]
  };
  auto h = run(layer.directions[0]);
  if (layer.directions.size() > 1) h = net.add(h, run(layer.directions[1]));
  return {net.add_conv(x, h, layer.out)};  // [B, 2 h, H, W]
}

}  // namespace cairn::autoregressive
