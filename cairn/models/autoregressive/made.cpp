#include "cairn/models/autoregressive/made.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/models/autoregressive/made_stepper.h"
#include "cairn/models/autoregressive/masks.h"
#include "cairn/nn/init.h"
#include "cairn/ops/arranged.h"

namespace cairn::autoregressive {

namespace {

/// Units of each degree in `degrees` (ascending) see those below whose degree is at most theirs.
ops::StaircaseMask mask_between(const std::vector<int64_t>& below, const std::vector<int64_t>& degrees) {
  std::vector<int64_t> reach;
  for (const int64_t degree : degrees) {
    reach.push_back(std::upper_bound(below.begin(), below.end(), degree) - below.begin());
  }
  return {std::move(reach), static_cast<int64_t>(below.size())};
}

/// The positions of the logits less one: an output sees units whose degree is below its own position.
std::vector<int64_t> one_less(std::vector<int64_t> positions) {
  for (auto& position : positions) --position;
  return positions;
}

/// Rows of e in the positions of the order `to`, as indices into rows in the positions of `from`.
torch::Tensor between_orders(const ops::Variables& variables, const Order& from, const Order& to) {
  return rows_in_order(variables, from).argsort().index_select(0, rows_in_order(variables, to));
}

}  // namespace

Made::Made(ops::Variables variables, MadeOptions options, RandomStream random)
    : DensityModel(std::move(variables)), options_(std::move(options)) {
  const int64_t R = this->variables().R(), D = this->variables().D();
  auto positions = row_positions(this->variables(), options_.orders[0]);
  std::sort(positions.begin(), positions.end());

  auto below = positions;
  for (size_t l = 0; l < options_.hidden.size(); ++l) {
    const auto degrees = hidden_degrees(options_.hidden[l], D);
    const auto fan_in = static_cast<int64_t>(below.size());
    masks_.push_back(mask_between(below, degrees));
    weights_.push_back(register_parameter(cat("weight", l + 1), nn::glorot(options_.hidden[l], fan_in, random.at(l))));
    biases_.push_back(register_parameter(cat("bias", l + 1), torch::zeros({options_.hidden[l]})));
    units_as_stored_.push_back(torch::arange(options_.hidden[l]));
    below = degrees;
  }
  for (const Order& order : options_.orders) {
    rows_.push_back(between_orders(this->variables(), options_.orders[0], order));
  }
  output_mask_ = mask_between(below, one_less(positions));
  V = register_parameter("V", nn::glorot(R, options_.hidden.back(), random.at(options_.hidden.size())));
  b = register_parameter("b", torch::zeros({R}));
  if (options_.direct) {
    direct_mask_ = mask_between(positions, one_less(positions));
    A = register_parameter("A", torch::zeros({R, R}));
  }
  after_step();
}

void Made::after_step() {
  const torch::NoGradGuard no_grad;
  for (size_t l = 0; l < weights_.size(); ++l) {
    if (keeps_mask(l)) masks_[l].apply_(weights_[l]);
  }
  if (members() > 1) return;
  output_mask_.apply_(V);
  if (options_.direct) direct_mask_.apply_(A);
}

torch::Tensor Made::activate(const torch::Tensor& a) const {
  return options_.activation == "relu" ? torch::relu(a) : torch::sigmoid(a);
}

bool Made::keeps_mask(size_t l) const {
  return members() == 1 || (l > 0 && options_.units.empty());
}

const torch::Tensor& Made::units(size_t l, int64_t member) const {
  return options_.units.empty() ? units_as_stored_[l] : options_.units[member][l];
}

Made::Layer Made::hidden_layer(size_t l, int64_t member) const {
  if (keeps_mask(l)) return {weights_[l], biases_[l]};
  const auto below = (l == 0 ? rows_[member] : units(l - 1, member)).to(b.device());
  const auto own = units(l, member).to(b.device());
  return {ops::arranged(weights_[l], own, below, masks_[l]), biases_[l].index_select(0, own)};
}

Made::Output Made::output(int64_t member) const {
  if (members() == 1) return {V, b, A};
  const auto rows = rows_[member].to(b.device());
  const auto below = units(weights_.size() - 1, member).to(b.device());
  Output seen{.V = ops::arranged(V, rows, below, output_mask_), .b = b.index_select(0, rows), .A = {}};
  if (options_.direct) seen.A = ops::arranged(A, rows, rows, direct_mask_);
  return seen;
}

torch::Tensor Made::logits(const torch::Tensor& h, const torch::Tensor& e, int64_t member) const {
  const Output seen = output(member);
  const auto logits = ops::masked_linear(h, seen.V, seen.b, output_mask_);  // [B, R] by position
  if (!options_.direct) return logits;
  return logits + ops::masked_linear(e, seen.A, torch::zeros_like(seen.b), direct_mask_);
}

Made::Staged Made::staged_conditionals(const torch::Tensor& x, int64_t member) {
  const auto rows = rows_in_order(variables(), order(member)).to(x.device());
  const auto e = ops::one_hot(x, variables(), b.scalar_type()).index_select(1, rows);  // [B, R] by position
  Staged staged{.chain = {}, .input = e};
  for (size_t l = 0; l < weights_.size(); ++l) {
    staged.chain.add(cat("hidden ", l + 1), [this, l, member](const torch::Tensor& h) {
      const Layer layer = hidden_layer(l, member);
      return activate(ops::masked_linear(h, layer.weight, layer.bias, masks_[l]));  // [B, H_l]
    });
  }
  staged.chain.add("output", [this, x, e, member, positions = rows.argsort()](const torch::Tensor& h) {
    return ops::log_likelihood(logits(h, e, member).index_select(1, positions), x, variables());  // [B, D]
  });
  return staged;
}

torch::Tensor Made::conditionals(const torch::Tensor& x, int64_t member) {
  const Staged staged = staged_conditionals(x, member);
  return staged.chain.forward(staged.input);
}

std::optional<DensityModel::Staged> Made::staged_objective(const torch::Tensor& x, RandomStream random) {
  Staged staged = staged_conditionals(x, static_cast<int64_t>(random.below(members())));
  staged.chain.add("sum", [this](const torch::Tensor& terms) { return objective_of(terms); });
  return staged;
}

void Made::set_frequencies(const torch::Tensor& frequencies) {
  const torch::NoGradGuard no_grad;
  b.copy_(logits_of(frequencies, variables()).index_select(0, rows_in_order(variables(), options_.orders[0])));
}

std::unique_ptr<Stepper> Made::stepper(const Path& path, int64_t examples) {
  const torch::NoGradGuard no_grad;
  check(path);
  const Output seen = output(path.member);
  MadeStepperOptions stepper;
  const int64_t D = variables().D();
  for (size_t l = 0; l < weights_.size(); ++l) {
    // The first layer adds a column for each variable that is not 0, so it is kept by columns.
    const Layer layer = hidden_layer(l, path.member);
    const auto weight = l == 0 ? layer.weight.t() : layer.weight;
    stepper.layers.push_back({as_floats(weight), as_floats(layer.bias), hidden_degrees(options_.hidden[l], D)});
  }
  stepper.V = as_floats(seen.V);
  stepper.b = as_floats(seen.b);
  if (options_.direct) stepper.A = as_floats(seen.A);
  stepper.relu = options_.activation == "relu";
  return make_made_stepper(*this, path.order, examples, std::move(stepper));
}

}  // namespace cairn::autoregressive
