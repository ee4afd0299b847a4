#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/ops/recurrence.h"
#include "cairn/ops/recurrence_reference.h"

namespace cairn::ops {

namespace {

struct Sizes {
  int64_t T, B, H;
};

/// One LSTM layer on inputs as wide as itself.
struct Layer {
  explicit Layer(const Sizes& s) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const auto weight = [&](torch::IntArrayRef shape) {
      return torch::rand(shape, generator).sub_(0.5).mul_(2 / std::sqrt(static_cast<double>(s.H))).requires_grad_();
    };
    u = torch::randn({s.T, s.B, s.H}, generator).requires_grad_();
    W_ih = weight({4 * s.H, s.H});
    W_hh = weight({4 * s.H, s.H});
    b_ih = weight({4 * s.H});
    b_hh = weight({4 * s.H});
    h = torch::zeros({s.B, s.H});
    c = torch::zeros({s.B, s.H});
  }
  torch::Tensor u, W_ih, W_hh, b_ih, b_hh, h, c;
};

torch::Tensor fused(const Layer& l) {
  return recurrence(torch::linear(l.u, l.W_ih, l.b_ih), {.W = l.W_hh, .b = l.b_hh}, {l.h, l.c}, {.cell = Cell::lstm}).y;
}

/// What torch.nn.LSTM calls.
torch::Tensor library(const Layer& l) {
  return std::get<0>(torch::lstm(l.u, {l.h.unsqueeze(0), l.c.unsqueeze(0)}, {l.W_ih, l.W_hh, l.b_ih, l.b_hh},
                                 /*has_biases=*/true, /*num_layers=*/1, /*dropout=*/0, /*train=*/true,
                                 /*bidirectional=*/false, /*batch_first=*/false));
}

torch::Tensor by_definition(const Layer& l) {
  return recurrence_reference(torch::linear(l.u, l.W_ih, l.b_ih), {.W = l.W_hh, .b = l.b_hh}, {l.h, l.c},
                              {.cell = Cell::lstm})
      .y;
}

using Operator = torch::Tensor (*)(const Layer&);

/// Forward and backward; the gradients' norm tells whether both sides computed the same.
Measure pass(const std::function<torch::Tensor()>& lstm, const std::vector<torch::Tensor>& leaves) {
  return [=] {
    std::vector<torch::Tensor> gradients;
    Measurement m;
    m.value = seconds_of([&] { gradients = torch::autograd::grad({lstm().square().mean()}, leaves); });
    m.quality = {{"grad_norm", torch::stack(at::_foreach_norm(gradients)).norm().item<double>()}};
    return m;
  };
}

Measure pass(const Layer& l, Operator lstm) {
  return pass([=] { return lstm(l); }, {l.u, l.W_ih, l.W_hh, l.b_ih, l.b_hh});
}

Benchmark against(const std::string& name, const std::string& help, const Sizes& sizes, Operator other) {
  return {.name = name, .help = help, .unit = "s", .prepare = [=](const BenchmarkContext&) {
            const Layer layer(sizes);
            return Contest{.ours = pass(layer, fused), .peer = std::nullopt, .other_way = pass(layer, other)};
          }};
}

/// Through 10 images of 28 x 28, 16 units, against the definition, pixel by pixel.
Benchmark through_images(const std::string& name, const std::string& way, Walk walk, int64_t neighbours) {
  return {.name = name,
          .help = cat("an LSTM through 10 images ", way, " forward and backward, 28 x 28 x 16, against its definition"),
          .unit = "s",
          .prepare = [=](const BenchmarkContext&) {
            constexpr int64_t kUnits = 16;
            const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
            const auto x = torch::randn({10, 4 * kUnits, 28, 28}, generator).requires_grad_();
            const auto W = torch::randn({4 * kUnits, neighbours * kUnits}, generator).mul_(0.1).requires_grad_();
            return Contest{.ours = pass([=] { return image_lstm(x, {.W = W}, walk); }, {x, W}),
                           .peer = std::nullopt,
                           .other_way = pass([=] { return image_lstm_reference(x, {.W = W}, walk); }, {x, W})};
          }};
}

}  // namespace

std::vector<Benchmark> recurrence_benchmarks() {
  return {against("ops/lstm_small", "an LSTM layer forward and backward, 35 x 20 x 200, against LibTorch's own",
                  {35, 20, 200}, library),
          against("ops/lstm_medium", "the same, 35 x 20 x 650", {35, 20, 650}, library),
          against("ops/lstm_definition", "an LSTM layer forward and backward, 35 x 20 x 200, against its definition",
                  {35, 20, 200}, by_definition),
          through_images("ops/image_lstm_rows", "row by row", Walk::rows, 3),
          through_images("ops/image_lstm_diagonals", "along diagonals", Walk::diagonals, 2)};
}

}  // namespace cairn::ops
