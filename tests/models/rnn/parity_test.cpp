// Parity with torch::nn: all cells, layers, directions, projections, packed batches; outputs, states, gradients.
#include <gtest/gtest.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/utils/rnn.h>

#include "cairn/base/error.h"
#include "cairn/models/rnn/recurrent_stack.h"
#include "cairn/nn/state_dict.h"

namespace cairn::rnn {
namespace {

struct Case {
  std::string name;
  StackOptions options;
  bool ragged = false;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

/// What both give for the same weights and input.
struct Results {
  torch::Tensor y, h, c, du;
  std::map<std::string, torch::Tensor> gradients;
};

torch::Tensor lengths_of(const Case& c, int64_t T, int64_t B) {
  return c.ragged ? torch::tensor({int64_t{3}, T, int64_t{1}, int64_t{4}}, torch::kInt64).slice(0, 0, B)
                  : torch::Tensor();
}

void back(Results& results, const std::vector<torch::Tensor>& outputs, const torch::nn::Module& module,
          const torch::Tensor& u) {
  torch::manual_seed(9);
  auto sum = torch::zeros({}, u.scalar_type());
  for (const auto& t : outputs) sum = sum + (t * torch::randn_like(t)).sum();
  sum.backward();
  results.du = u.grad().clone();
  for (const auto& item : module.named_parameters()) results.gradients[item.key()] = item.value().grad();
}

Results ours(const Case& c, RecurrentStack& stack, const torch::Tensor& input) {
  const auto u = input.clone().requires_grad_();
  const auto out = stack.forward(u, stack.zero_state(u.size(1)), {}, lengths_of(c, u.size(0), u.size(1)));
  std::vector<torch::Tensor> h, cells;
  for (const auto& state : out.last) {
    h.push_back(state.h);
    if (state.c.defined()) cells.push_back(state.c);
  }
  Results results{out.y, torch::stack(h), cells.empty() ? torch::Tensor() : torch::stack(cells), {}, {}};
  std::vector<torch::Tensor> outputs{results.y, results.h};
  if (results.c.defined()) outputs.push_back(results.c);
  back(results, outputs, stack, u);
  return results;
}

template <class Module>
void copy_weights(const RecurrentStack& stack, Module& peer) {
  peer->to(stack.parameters().front().scalar_type());
  nn::load_state_dict(*peer, nn::state_dict(stack), "ours");
}

/// Runs `peer` on the whole or the packed batch; `last` turns its second result into h and c.
template <class Module, class Last>
Results theirs(const Case& c, const RecurrentStack& stack, Module peer, const torch::Tensor& input, const Last& last) {
  copy_weights(stack, peer);
  const auto u = input.clone().requires_grad_();
  Results results;
  if (c.ragged) {
    namespace rnn_utils = torch::nn::utils::rnn;
    const auto packed = rnn_utils::pack_padded_sequence(u, lengths_of(c, u.size(0), u.size(1)), false, false);
    auto [y, state] = peer->forward_with_packed_input(packed);
    results.y = std::get<0>(rnn_utils::pad_packed_sequence(y, false, 0, u.size(0)));
    last(state, results);
  } else {
    auto [y, state] = peer->forward(u);
    results.y = y;
    last(state, results);
  }
  std::vector<torch::Tensor> outputs{results.y, results.h};
  if (results.c.defined()) outputs.push_back(results.c);
  back(results, outputs, *peer, u);
  return results;
}

Results peer_of(const Case& c, const RecurrentStack& stack, const torch::Tensor& input) {
  const auto& o = c.options;
  if (o.cell == ops::Cell::lstm) {
    auto options = torch::nn::LSTMOptions(o.input, o.hidden).num_layers(o.layers).bidirectional(o.bidirectional);
    options.proj_size(o.projection);
    return theirs(c, stack, torch::nn::LSTM(options), input, [](const auto& state, Results& results) {
      results.h = std::get<0>(state);
      results.c = std::get<1>(state);
    });
  }
  const auto last = [](const torch::Tensor& state, Results& results) { results.h = state; };
  if (o.cell == ops::Cell::gru) {
    return theirs(
        c, stack,
        torch::nn::GRU(torch::nn::GRUOptions(o.input, o.hidden).num_layers(o.layers).bidirectional(o.bidirectional)),
        input, last);
  }
  auto options = torch::nn::RNNOptions(o.input, o.hidden).num_layers(o.layers).bidirectional(o.bidirectional);
  if (o.cell == ops::Cell::elman_relu) options.nonlinearity(torch::kReLU);
  return theirs(c, stack, torch::nn::RNN(options), input, last);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

class TorchParity : public testing::TestWithParam<Case> {
 protected:
  static void compare(torch::ScalarType type, double tolerance) {
    const Case& c = GetParam();
    RecurrentStack stack(c.options, RandomStream(4, "weights"));
    stack.to(type);
    torch::manual_seed(8);
    const auto input = torch::randn({6, 4, c.options.input}, torch::dtype(type));
    const auto got = ours(c, stack, input), expected = peer_of(c, stack, input);
    EXPECT_LT(difference(got.y, expected.y), tolerance);
    EXPECT_LT(difference(got.h, expected.h), tolerance);
    if (got.c.defined()) {
      EXPECT_LT(difference(got.c, expected.c), tolerance);
    }
    EXPECT_LT(difference(got.du, expected.du), 10 * tolerance);
    for (const auto& [name, gradient] : got.gradients) {
      EXPECT_LT(difference(gradient, expected.gradients.at(name)), 10 * tolerance) << name;
    }
  }
};

TEST_P(TorchParity, InDouble) {
  compare(torch::kFloat64, 1e-10);
}
TEST_P(TorchParity, InFloat) {
  compare(torch::kFloat32, 1e-5);
}

using ops::Cell;
INSTANTIATE_TEST_SUITE_P(
    Cells, TorchParity,
    testing::Values(
        Case{"lstm", {.cell = Cell::lstm, .input = 5, .hidden = 7, .layers = 2}},
        Case{"lstm_both_ways", {.cell = Cell::lstm, .input = 5, .hidden = 7, .layers = 2, .bidirectional = true}},
        Case{"lstm_projected", {.cell = Cell::lstm, .input = 5, .hidden = 7, .layers = 2, .projection = 3}},
        Case{"lstm_packed", {.cell = Cell::lstm, .input = 5, .hidden = 7, .layers = 2, .bidirectional = true}, true},
        Case{"gru", {.cell = Cell::gru, .input = 5, .hidden = 7, .layers = 2}},
        Case{"gru_packed", {.cell = Cell::gru, .input = 5, .hidden = 7, .layers = 2, .bidirectional = true}, true},
        Case{"tanh", {.cell = Cell::elman_tanh, .input = 5, .hidden = 7, .layers = 3}},
        Case{"relu_both_ways", {.cell = Cell::elman_relu, .input = 5, .hidden = 7, .layers = 2, .bidirectional = true}},
        Case{"relu_packed", {.cell = Cell::elman_relu, .input = 5, .hidden = 7, .layers = 1}, true}),
    [](const auto& test) { return test.param.name; });

TEST(RecurrentStack, RefusesPartsThatACellDoesNotHave) {
  const RandomStream random(1, "weights");
  EXPECT_THROW(RecurrentStack({.cell = Cell::gru, .input = 2, .hidden = 3, .projection = 2}, random), UsageError);
  EXPECT_THROW(RecurrentStack({.cell = Cell::elman_tanh, .input = 2, .hidden = 3, .peepholes = true}, random),
               UsageError);
  EXPECT_THROW(RecurrentStack({.cell = Cell::gru_reset_before, .input = 2, .hidden = 3, .layer_norm = true}, random),
               UsageError);
  EXPECT_THROW(RecurrentStack({.input = 0, .hidden = 3}, random), UsageError);
  EXPECT_THROW(RecurrentStack({.input = 2, .hidden = 3, .chrono = 1}, random), UsageError);
  EXPECT_THROW(RecurrentStack({.input = 2, .hidden = 3, .forget_bias = 1, .chrono = 9}, random), UsageError);
}

/// The share of its state that each unit keeps where weights add nothing, as steps: u of u / (u + 1).
torch::Tensor steps_remembered(const LayerWeights& layer, int64_t hidden) {
  return (layer.b_ih + layer.state.b).narrow(0, hidden, hidden).exp().detach();
}

TEST(RecurrentStack, ChronoSpreadsMemoriesUpToTheSpan) {
  const RandomStream random(1, "weights");
  for (const auto cell : {Cell::lstm, Cell::gru, Cell::gru_reset_before}) {
    const RecurrentStack stack({.cell = cell, .input = 2, .hidden = 400, .layers = 2, .chrono = 101}, random);
    for (const auto& layer : stack.layers()) {
      const auto steps = steps_remembered(layer, 400);
      EXPECT_GE(steps.min().item<double>(), 1 - 1e-5);
      EXPECT_LE(steps.max().item<double>(), 100 + 1e-3);
      EXPECT_NEAR(steps.mean().item<double>(), 50.5, 5);  // the mean of 400 draws has deviation 1.4
      if (cell != Cell::lstm) continue;
      const auto input = (layer.b_ih + layer.state.b).narrow(0, 0, 400).exp();
      EXPECT_TRUE(torch::allclose(input * steps, torch::ones({400}), 0, 1e-5));
    }
  }
}

TEST(RecurrentStack, ChronoLeavesElmansAlone) {
  const RandomStream random(1, "weights");
  const RecurrentStack plain({.cell = Cell::elman_tanh, .input = 2, .hidden = 3}, random);
  const RecurrentStack chrono({.cell = Cell::elman_tanh, .input = 2, .hidden = 3, .chrono = 9}, random);
  EXPECT_TRUE(torch::equal(plain.layers()[0].b_ih, chrono.layers()[0].b_ih));
}

}  // namespace
}  // namespace cairn::rnn
