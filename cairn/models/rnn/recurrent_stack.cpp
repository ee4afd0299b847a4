#include "cairn/models/rnn/recurrent_stack.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/nn/init.h"
#include "cairn/nn/linear.h"
#include "cairn/ops/dropout.h"

namespace cairn::rnn {

using ops::Cell;

ops::Cell cell_named(const std::string& name) {
  if (name == "lstm") return Cell::lstm;
  if (name == "gru") return Cell::gru;
  if (name == "gru_reset_before") return Cell::gru_reset_before;
  if (name == "elman_tanh") return Cell::elman_tanh;
  if (name == "elman_relu") return Cell::elman_relu;
  throw UsageError("cell", got_expected(name, "lstm, gru, gru_reset_before, elman_tanh or elman_relu"));
}

namespace {

void check(const StackOptions& o) {
  const bool lstm = o.cell == Cell::lstm;
  if (o.input < 1 || o.hidden < 1 || o.layers < 1) {
    throw UsageError("recurrent stack",
                     got_expected(cat(o.layers, " layers of ", o.hidden, " units on ", o.input), "1 or more of each"));
  }
  if (!lstm && (o.peepholes || o.projection > 0)) {
    throw UsageError("recurrent stack", got_expected("peepholes or a projection", "them with cell: lstm"));
  }
  if (o.layer_norm && o.cell == Cell::gru_reset_before) {
    throw UsageError("recurrent stack", got_expected("layer_norm with gru_reset_before", "another cell"));
  }
  if (o.chrono != 0 && (o.chrono < 2 || o.forget_bias != 0)) {
    throw UsageError("recurrent stack", got_expected(cat("chrono ", o.chrono, " and forget_bias ", o.forget_bias),
                                                     "chrono of 2 steps or more, without forget_bias"));
  }
}

/// Chrono initialisation (Tallec & Ollivier 2018, section 3): a unit that keeps the share u / (u + 1) of its state at
/// each step, u uniform in 1 .. span - 1, forgets within about u steps.
void set_memory(LayerWeights& w, Cell cell, int64_t span, RandomStream random) {
  if (ops::gates_of(cell) == 1) return;  // Elman's has none
  const torch::NoGradGuard no_grad;
  const int64_t H = w.b_ih.size(0) / ops::gates_of(cell);
  const double half = static_cast<double>(span) / 2;
  const auto kept = (nn::uniform({H}, half - 1, random) + half).log();
  const auto set = [&](int64_t gate, const torch::Tensor& bias) {
    w.b_ih.narrow(0, gate * H, H).copy_(bias);
    w.state.b.narrow(0, gate * H, H).zero_();
  };
  set(1, kept);  // the forget gate, or z
  if (cell == Cell::lstm) set(0, -kept);
}

}  // namespace

RecurrentStack::RecurrentStack(StackOptions options, RandomStream random) : options_(options) {
  check(options_);
  uint64_t index = 0;
  for (int64_t layer = 0; layer < options_.layers; ++layer) {
    for (int64_t direction = 0; direction < options_.directions(); ++direction) {
      layers_.push_back(make_layer(layer, direction == 1, random.at(index++)));
    }
  }
}

torch::Tensor RecurrentStack::parameter(const std::string& name, torch::IntArrayRef shape, RandomStream random) {
  const double bound = options_.init > 0 ? options_.init : 1 / std::sqrt(static_cast<double>(options_.hidden));
  return register_parameter(name, nn::uniform(shape, bound, random));
}

LayerWeights RecurrentStack::make_layer(int64_t layer, bool reverse, RandomStream random) {
  const int64_t H = options_.hidden, GH = ops::gates_of(options_.cell) * H, R = options_.state();
  const std::string suffix = cat("_l", layer, reverse ? "_reverse" : "");
  LayerWeights w;
  w.W_ih = parameter("weight_ih" + suffix, {GH, layer == 0 ? options_.input : options_.output()}, random.at(0));
  w.state.W = parameter("weight_hh" + suffix, {GH, R}, random.at(1));
  w.b_ih = parameter("bias_ih" + suffix, {GH}, random.at(2));
  w.state.b = parameter("bias_hh" + suffix, {GH}, random.at(3));
  if (options_.cell == Cell::lstm && options_.forget_bias != 0) {
    const torch::NoGradGuard no_grad;
    w.b_ih.slice(0, H, 2 * H).add_(options_.forget_bias);
  }
  if (options_.chrono > 0) set_memory(w, options_.cell, options_.chrono, random.at(6));
  if (options_.projection > 0) w.state.projection = parameter("weight_hr" + suffix, {R, H}, random.at(4));
  if (options_.peepholes) w.state.peepholes = parameter("peephole" + suffix, {3, H}, random.at(5));
  if (!options_.layer_norm) return w;
  w.norm_ih = register_parameter("norm_ih" + suffix, torch::ones({GH}));
  w.state.norm = register_parameter("norm_hh" + suffix, torch::ones({GH}));
  if (options_.cell != Cell::lstm) return w;
  w.state.cell_gain = register_parameter("norm_cell_gain" + suffix, torch::ones({H}));
  w.state.cell_bias = register_parameter("norm_cell_bias" + suffix, torch::zeros({H}));
  return w;
}

StackState RecurrentStack::zero_state(int64_t B) const {
  const auto options = layers_[0].W_ih.options().requires_grad(false);
  StackState state;
  for (size_t k = 0; k < layers_.size(); ++k) {
    ops::RecurrenceState one{torch::zeros({B, options_.state()}, options), {}};
    if (options_.cell == Cell::lstm) one.c = torch::zeros({B, options_.hidden}, options);
    state.push_back(one);
  }
  return state;
}

torch::Tensor input_share(const LayerWeights& layer, const torch::Tensor& product) {
  if (!layer.norm_ih.defined()) return product + layer.b_ih;
  return torch::layer_norm(product, {product.size(-1)}, layer.norm_ih, layer.b_ih, 1e-5);
}

torch::Tensor dropped(const torch::Tensor& t, double p, bool locked) {
  if (p == 0) return t;
  if (!locked) return ops::dropout(t, p);
  return t * torch::empty({1, t.size(1), t.size(2)}, t.options().requires_grad(false)).bernoulli_(1 - p).div_(1 - p);
}

ops::RecurrenceOutput RecurrentStack::run(const LayerWeights& layer, bool reverse, const torch::Tensor& u,
                                          const ops::RecurrenceState& first, const StackNoise& noise,
                                          const torch::Tensor& lengths) const {
  const auto x =
      layer.norm_ih.defined() ? input_share(layer, nn::linear(u, layer.W_ih)) : nn::linear(u, layer.W_ih, layer.b_ih);
  ops::RecurrenceWeights weights = layer.state;
  if (is_training()) weights.W = ops::dropout(weights.W, noise.weight_drop);
  ops::RecurrenceOptions options{.cell = options_.cell, .reverse = reverse, .lengths = lengths};
  if (noise.zoneout > 0) {
    const auto keep = [&](int64_t width) {
      const auto type = weights.W.options().requires_grad(false);
      if (is_training()) return torch::empty({u.size(0), u.size(1), width}, type).bernoulli_(noise.zoneout);
      return torch::full({1, 1, width}, noise.zoneout, type).expand({u.size(0), u.size(1), width});
    };
    options.keep_h = keep(options_.state());
    if (options_.cell == Cell::lstm) options.keep_c = keep(options_.hidden);
  }
  return ops::recurrence(x, weights, first, options);
}

RecurrentStack::Output RecurrentStack::forward_layer(int64_t n, const torch::Tensor& u, const StackState& first,
                                                     const StackNoise& noise, const torch::Tensor& lengths) const {
  if (first.size() != layers_.size()) {
    throw UsageError("recurrent stack", cat("first: ", got_expected(cat(first.size(), " states"), layers_.size())));
  }
  const auto below = n > 0 && is_training() ? dropped(u, noise.dropout, noise.locked) : u;
  Output out;
  std::vector<torch::Tensor> y;
  for (int64_t direction = 0; direction < options_.directions(); ++direction) {
    const auto k = static_cast<size_t>(n * options_.directions() + direction);
    auto one = run(layers_[k], direction == 1, below, first[k], noise, lengths);
    y.push_back(one.y);
    out.last.push_back(one.last);
  }
  out.y = y.size() == 1 ? y[0] : torch::cat(y, 2);
  return out;
}

RecurrentStack::Output RecurrentStack::forward(const torch::Tensor& u, const StackState& first, const StackNoise& noise,
                                               const torch::Tensor& lengths) const {
  Output out{u, {}};
  for (int64_t n = 0; n < options_.layers; ++n) {
    auto layer = forward_layer(n, out.y, first, noise, lengths);
    out.y = layer.y;
    out.last.insert(out.last.end(), layer.last.begin(), layer.last.end());
  }
  return out;
}

}  // namespace cairn::rnn
