// How memory grows with depth: like the root for one recomputation, nearly like the logarithm for many; and over time.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include <torch/nn/modules/rnn.h>

#include "tests/train/checkpointing/twenty_budgets.h"

namespace cairn::checkpointing {
namespace {

/// `depth` equal stages whose tape is one activation of 4 kB.
Chain equal_stages(size_t depth) {
  Chain chain;
  for (size_t l = 0; l < depth; ++l) chain.add("tanh", [](const torch::Tensor& x) { return torch::tanh(x); });
  return chain;
}

double peak_of(const Chain& chain, const Schedule& schedule) {
  const auto x = torch::full({1024}, 0.5, torch::requires_grad());
  const train::PeakMeter peak;
  execute(chain, schedule, {x})[0].sum().backward();
  return static_cast<double>(peak.peak() - peak.before());
}

/// The slope of log(y) over log(x), by least squares.
double exponent(const std::vector<double>& x, const std::vector<double>& y) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  const auto n = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double a = std::log(x[i]), b = std::log(y[i]);
    sx += a, sy += b, sxx += a * a, sxy += a * b;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

TEST(Scaling, MemoryAgainstDepth) {
  train::count_memory();
  std::vector<double> depths, once, recursive, plain;
  for (size_t depth = 64; depth <= 4096; depth *= 4) {
    const Chain chain = equal_stages(depth);
    depths.push_back(static_cast<double>(depth));
    plain.push_back(peak_of(chain, store_all(depth)));
    once.push_back(peak_of(chain, periodic(depth, static_cast<size_t>(std::sqrt(depth)))));
    recursive.push_back(peak_of(chain, revolve(depth, static_cast<size_t>(std::bit_width(depth)))));
  }
  EXPECT_NEAR(exponent(depths, plain), 1, 0.05);
  EXPECT_NEAR(exponent(depths, once), 0.5, 0.05);
  EXPECT_LT(recursive.back() / recursive.front(), 1.1 * std::log(4096) / std::log(64));
  RecordProperty("one_recomputation", std::to_string(exponent(depths, once)));
}

/// An LSTM's truncated-at-nothing BPTT: a stage for every `stride` steps; state (h, c, sum of losses).
struct Unrolled {
  explicit Unrolled(int64_t steps, int64_t stride) {
    at::manual_seed(1);
    cell = torch::nn::LSTMCell(8, 16);
    x = torch::randn({steps, 4, 8});
    for (int64_t t = 0; t < steps; t += stride) {
      chain.add(std::to_string(t), [this, t, stride](const Activations& state) {
        auto h = state[0], c = state[1], loss = state[2];
        for (int64_t k = t; k < t + stride; ++k) {
          std::tie(h, c) = cell(x[k], std::tuple(h, c));
          loss = loss + h.square().mean();
        }
        return Activations{h, c, loss};
      });
    }
    start = {torch::zeros({4, 16}), torch::zeros({4, 16}), torch::zeros({})};
  }
  std::vector<torch::Tensor> gradients() const {
    std::vector<torch::Tensor> all;
    for (const auto& parameter : cell->parameters()) all.push_back(parameter.grad().clone());
    return all;
  }
  torch::nn::LSTMCell cell{nullptr};
  torch::Tensor x;
  Chain chain;
  Activations start;
};

TEST(Scaling, BackpropagationThroughAThousandSteps) {
  train::count_memory();
  Unrolled net(1000, 10);
  net.chain.forward(net.start)[2].backward();
  const auto plain = net.gradients();
  const Planner planner(measure(net.chain, net.start, {.passes = 1}));
  for (const double share : {0.05, 0.2, 1.0}) {
    net.cell->zero_grad();
    const Plan& plan =
        planner.within(static_cast<int64_t>(share * static_cast<double>(planner.store_all().predicted.peak)));
    const train::PeakMeter peak;
    execute(net.chain, plan.schedule, net.start, {.verify = true})[2].backward();
    EXPECT_NEAR(static_cast<double>(peak.peak() - peak.before()) / static_cast<double>(plan.predicted.peak), 1, 0.05)
        << share;
    const auto again = net.gradients();
    for (size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(torch::equal(plain[i], again[i])) << share << " " << i;
  }
}

TEST(Scaling, AThousandStepsTakeThePredictedMemoryAtTwentyBudgets) {
  Unrolled net(1000, 10);
  expect_predicted_peaks(net.chain, net.start, 0.1, [&] { net.cell->zero_grad(); });
}

}  // namespace
}  // namespace cairn::checkpointing
