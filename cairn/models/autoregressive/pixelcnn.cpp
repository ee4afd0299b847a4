#include "cairn/models/autoregressive/pixelcnn.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

PixelCnn::PixelCnn(ops::Variables variables, ImageModelOptions image_options, const RandomStream& random)
    : ImageModel(std::move(variables), std::move(image_options)) {
  const auto& o = options();
  const int64_t h = o.features;
  const MaskedConvOptions masked{.in = h,
                                 .out = h,
                                 .window = half_window(o.kernel, Centre::mask_b),
                                 .groups = o.shape.channels,
                                 .labels = o.labels};
  first_ = register_module("first", first_conv(2 * h, random.at(0)));
  for (int64_t l = 1; l <= o.layers; ++l) {
    const RandomStream own = random.at(l);
    const auto block = cat("block", l);
    auto holder = std::make_shared<torch::nn::Module>();
    blocks_.push_back({.in = holder->register_module("in", pointwise(2 * h, h, own.at(0))),
                       .masked = holder->register_module("masked", MaskedConv(masked, own.at(1))),
                       .out = holder->register_module("out", pointwise(h, 2 * h, own.at(2)))});
    register_module(block, holder);
  }
  make_head(2 * h, random);
}

template <class Net, class Map>
std::vector<Map> PixelCnn::layer_of(Net& net, int64_t l, const std::vector<Map>& maps) {
  const Map h = l == 1 ? net.conv(maps[0], first_) : maps[0];  // [B, 2 h, H, W]
  const Block& block = blocks_[l - 1];
  auto a = net.relu_conv(h, block.in);          // [B, h, H, W]
  a = net.relu_conv(a, block.masked);           // [B, h, H, W]
  return {net.add_relu_conv(h, a, block.out)};  // [B, 2 h, H, W]
}

}  // namespace cairn::autoregressive
