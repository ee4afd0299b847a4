#include "cairn/models/autoregressive/image_model.h"

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/models/autoregressive/image_stepper.h"
#include "cairn/models/autoregressive/pixel_state.h"
#include "cairn/ops/gate.h"

namespace cairn::autoregressive {

TensorLayers::Map TensorLayers::gate(const Map& a) const {
  return ops::gate(a, {}, groups_);
}
TensorLayers::Map TensorLayers::gate(const Map& a, const Map& b) const {
  return ops::gate(a, b, groups_);
}

ImageModel::ImageModel(ops::Variables variables, ImageModelOptions options)
    : DensityModel(std::move(variables)),
      options_(std::move(options)),
      pixels_(options_.shape.variables(options_.levels)) {
  if (options_.labels > 0) prior_ = register_parameter("prior", torch::zeros({options_.labels - 1}));
}

MaskedConv ImageModel::pointwise(int64_t in, int64_t out, const RandomStream& random) const {
  return MaskedConv(MaskedConvOptions{.in = in, .out = out, .window = {}, .groups = options_.shape.channels}, random);
}

MaskedConv ImageModel::first_conv(int64_t out, const RandomStream& random) const {
  return MaskedConv(MaskedConvOptions{.in = options_.shape.channels,
                                      .out = out,
                                      .window = half_window(options_.first_kernel, Centre::mask_a),
                                      .groups = options_.shape.channels,
                                      .labels = options_.labels},
                    random);
}

void ImageModel::make_head(int64_t in, const RandomStream& random) {
  const int64_t logits = options_.shape.channels * (options_.levels - 1);
  head_ = register_module("head", pointwise(in, options_.head, random.at(options_.layers + 1)));
  output_ = register_module("output", pointwise(options_.head, logits, random.at(options_.layers + 2)));
}

torch::Tensor ImageModel::labels_of(const torch::Tensor& x) const {
  return options_.labels > 0 ? x.select(1, -1).to(torch::kInt64) : torch::Tensor();
}

torch::Tensor ImageModel::planes(const torch::Tensor& x) const {
  const auto& [rows, columns, channels] = options_.shape;
  const auto levels = x.narrow(1, 0, pixels_.D()).to(output_->bias().scalar_type());
  return (levels / static_cast<double>(options_.levels - 1)).view({-1, rows, columns, channels}).permute({0, 3, 1, 2});
}

torch::Tensor ImageModel::in_rows(const torch::Tensor& logits) const {
  return logits.permute({0, 2, 3, 1}).reshape({logits.size(0), pixels_.R()});
}

torch::Tensor ImageModel::tensor_logits(const torch::Tensor& planes, const torch::Tensor& y) {
  const TensorLayers net(y, options_.shape.channels);
  std::vector<torch::Tensor> maps{planes};
  for (int64_t l = 1; l <= options_.layers; ++l) maps = layer(net, l, maps);
  return in_rows(logits(net, maps.back()));
}

torch::Tensor ImageModel::terms(const torch::Tensor& logits, const torch::Tensor& x) const {
  const auto terms = ops::log_likelihood(logits, x.narrow(1, 0, pixels_.D()), pixels_);  // [B, pixels]
  if (options_.labels == 0) return terms;
  const auto label = ops::log_likelihood(prior_.expand({x.size(0), -1}), x.narrow(1, pixels_.D(), 1),
                                         ops::Variables({options_.labels}));
  return torch::cat({terms, label}, 1);
}

torch::Tensor ImageModel::conditionals(const torch::Tensor& x, int64_t /*member*/) {
  const bool exact = !torch::GradMode::is_enabled() && x.is_cpu() && output_->bias().scalar_type() == torch::kFloat32;
  return terms(exact ? exact_logits(x) : tensor_logits(planes(x), labels_of(x)), x);
}

std::optional<DensityModel::Staged> ImageModel::staged_objective(const torch::Tensor& x, RandomStream /*random*/) {
  Staged staged{.chain = {}, .input = planes(x)};
  const TensorLayers net(labels_of(x), options_.shape.channels);
  for (int64_t l = 1; l <= options_.layers; ++l) {
    staged.chain.add(cat("layer ", l), [this, l, net](const nn::Activations& maps) { return layer(net, l, maps); });
  }
  staged.chain.add("head", [this, net, x](const nn::Activations& maps) {
    return nn::Activations{objective_of(terms(in_rows(logits(net, maps.back())), x))};
  });
  return staged;
}

PixelProgram ImageModel::program() {
  PixelProgram program(options_.shape);
  std::vector<int64_t> maps{program.input()};
  for (int64_t l = 1; l <= options_.layers; ++l) maps = layer(program, l, maps);
  logits(program, maps.back());
  return program;
}

torch::Tensor ImageModel::exact_logits(const torch::Tensor& x) {
  const torch::NoGradGuard no_grad;
  const auto& [rows, columns, channels] = options_.shape;
  const auto program = this->program();
  const auto values = planes(x).permute({0, 2, 3, 1}).contiguous();  // [B, H, W, channels]
  const auto labels = labels_of(x);
  const auto logits = torch::empty({x.size(0), pixels_.R()});
  const int64_t width = channels * columns, row_logits = pixels_.R() / rows;
  at::parallel_for(0, x.size(0), 1, [&](int64_t begin, int64_t end) {
    PixelState state(program, 1);
    for (int64_t n = begin; n < end; ++n) {
      if (labels.defined()) state.set_label(0, labels[n].item<int64_t>());
      for (int64_t r = 0; r < rows; ++r) {
        const float* row = values.data_ptr<float>() + (n * rows + r) * width;
        for (int64_t i = 0; i < width; ++i) state.set(0, r, i / channels, i % channels, row[i]);
        state.begin_row(r, 0, 1);
        state.compute({.row = r, .begin = 0, .end = columns, .first = 0, .last = channels, .image = 0, .image_end = 1});
        std::copy_n(state.result(0, r, 0), row_logits, logits.data_ptr<float>() + n * pixels_.R() + r * row_logits);
      }
    }
  });
  return logits;
}

void ImageModel::set_frequencies(const torch::Tensor& frequencies) {
  const torch::NoGradGuard no_grad;
  const int64_t logits = output_->bias().size(0);
  const auto mean = frequencies.narrow(0, 0, pixels_.R()).view({-1, logits}).mean(0);
  output_->bias().copy_(
      logits_of(mean, ops::Variables(std::vector<int64_t>(options_.shape.channels, options_.levels))));
  if (options_.labels == 0) return;
  prior_.copy_(logits_of(frequencies.narrow(0, pixels_.R(), options_.labels - 1), ops::Variables({options_.labels})));
}

std::unique_ptr<Stepper> ImageModel::stepper(const Path& path, int64_t examples) {
  const torch::NoGradGuard no_grad;
  check(path);
  return make_image_stepper(*this, path.order, examples,
                            {.program = program(),
                             .levels = options_.levels,
                             .prior = prior_.defined() ? as_floats(prior_) : torch::Tensor()});
}

}  // namespace cairn::autoregressive
