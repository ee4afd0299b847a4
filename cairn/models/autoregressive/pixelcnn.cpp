#include "cairn/models/autoregressive/pixelcnn.h"

#include "cairn/base/error.h"

namespace cairn::autoregressive {

namespace {

/// The half of a filter of side `kernel` that masks leave.
ConvWindow half_window(int64_t kernel, Centre centre) {
  const int64_t reach = kernel / 2;
  return {.first_row = -reach, .last_row = 0, .first_column = -reach, .last_column = reach, .centre = centre};
}

}  // namespace

PixelCnn::PixelCnn(ops::Variables variables, ImageModelOptions image_options, const RandomStream& random)
    : ImageModel(std::move(variables), std::move(image_options)) {
  const auto& o = options();
  const int64_t h = o.features, channels = o.shape.channels;
  const auto masked = [&](int64_t in, int64_t out, ConvWindow window, const RandomStream& own) {
    return MaskedConv(MaskedConvOptions{.in = in, .out = out, .window = window, .groups = channels, .labels = o.labels},
                      own);
  };
  first_ = register_module("first", masked(channels, 2 * h, half_window(o.first_kernel, Centre::mask_a), random.at(0)));
  for (int64_t l = 1; l <= o.layers; ++l) {
    const RandomStream own = random.at(l);
    const auto block = cat("block", l);
    auto holder = std::make_shared<torch::nn::Module>();
    blocks_.push_back(
        {.in = holder->register_module("in", pointwise(2 * h, h, own.at(0))),
         .masked = holder->register_module("masked", masked(h, h, half_window(o.kernel, Centre::mask_b), own.at(1))),
         .out = holder->register_module("out", pointwise(h, 2 * h, own.at(2)))});
    register_module(block, holder);
  }
  head_ = register_module("head", pointwise(2 * h, o.head, random.at(o.layers + 1)));
  make_output(random.at(o.layers + 2));
}

template <class Net>
typename Net::Map PixelCnn::features(Net& net, const typename Net::Map& x) {
  auto h = net.conv(x, first_);  // [B, 2 h, H, W]
  for (const Block& block : blocks_) {
    auto a = net.relu_conv(h, block.in);     // [B, h, H, W]
    a = net.relu_conv(a, block.masked);      // [B, h, H, W]
    h = net.add_relu_conv(h, a, block.out);  // [B, 2 h, H, W]
  }
  return net.relu_conv(h, head_);  // [B, head, H, W]
}

}  // namespace cairn::autoregressive
