#include "cairn/models/autoregressive/masked_conv.h"

#include "cairn/nn/init.h"
#include "cairn/ops/cropped_conv.h"

namespace cairn::autoregressive {

ConvWindow half_window(int64_t kernel, Centre centre) {
  const int64_t reach = kernel / 2;
  return {.first_row = -reach, .last_row = 0, .first_column = -reach, .last_column = reach, .centre = centre};
}

namespace {

/// [out, in] of 0 and 1: which groups of the pixel itself each output sees.
torch::Tensor centre_mask(const MaskedConvOptions& options) {
  const auto group_of = [&](int64_t channels) { return torch::arange(channels) * options.groups / channels; };
  const auto out = group_of(options.out).to(torch::kInt64).unsqueeze(1), in = group_of(options.in).to(torch::kInt64);
  return options.window.centre == Centre::mask_a ? in < out : in <= out;
}

torch::Tensor mask_of(const MaskedConvOptions& options) {
  const ConvWindow& w = options.window;
  const int64_t rows = w.last_row - w.first_row + 1, columns = w.last_column - w.first_column + 1;
  auto mask = torch::ones({options.out, options.in, rows, columns});
  if (w.centre == Centre::whole || w.last_row < 0) return mask;
  const auto own_row = mask.select(2, -w.first_row);  // [out, in, columns]
  if (w.last_column > 0) own_row.slice(2, 1 - w.first_column).zero_();
  if (w.last_column >= 0) own_row.select(2, -w.first_column).copy_(centre_mask(options));
  return mask;
}

}  // namespace

MaskedConvImpl::MaskedConvImpl(const MaskedConvOptions& options, const RandomStream& random) : options_(options) {
  const auto mask = mask_of(options);
  const double fan_in = std::max(1.0, mask.sum().item<double>() / static_cast<double>(options.out));
  weight_ = register_parameter("weight", nn::normal(mask.sizes(), std::sqrt(1 / fan_in), random) * mask);
  bias_ = register_parameter("bias", torch::zeros({options.out}));
  if (options.labels > 0) label_ = register_parameter("label", torch::zeros({options.labels, options.out}));
  if (!mask.all().item<bool>()) mask_ = mask;
}

torch::Tensor MaskedConvImpl::masked_weight() const {
  return mask_.defined() ? weight_ * mask_.to(weight_.options()) : weight_;
}

torch::Tensor MaskedConvImpl::forward(const torch::Tensor& x, const torch::Tensor& y, Input input,
                                      const torch::Tensor& residual) const {
  const auto a = ops::cropped_conv(x, masked_weight(), bias_,
                                   {.first_row = options_.window.first_row,
                                    .first_column = options_.window.first_column,
                                    .relu_input = input == Input::rectified},
                                   residual);
  if (!label_.defined()) return a;
  return a + label_.index_select(0, y).to(a.scalar_type()).unsqueeze(2).unsqueeze(3);
}

}  // namespace cairn::autoregressive
