#include <torch/csrc/autograd/autograd.h>

#include "cairn/ops/benchmarks.h"
#include "cairn/ops/dropout.h"

namespace cairn::ops {

namespace {

constexpr int64_t kTokens = 4096, kWidth = 512;  // what a Transformer drops from at each step, once a part

/// Forward and backward; the share kept tells whether both sides drop as many.
Measure pass(const torch::Tensor& x, const std::function<torch::Tensor()>& forward) {
  return [=] {
    torch::Tensor gradient;
    const double seconds = seconds_of([&] {
      const auto y = forward();
      gradient = torch::autograd::grad({y}, {x}, {x.detach()})[0];
    });
    return Measurement{seconds, {{"kept", gradient.ne(0).to(torch::kFloat64).mean().item<double>()}}};
  };
}

}  // namespace

std::vector<Benchmark> dropout_benchmarks() {
  return {{.name = "ops/dropout",
           .help = "dropout of 0.1 from 4096 x 512 numbers, forward and backward, against LibTorch's",
           .unit = "s",
           .rounds = 20,
           .prepare = [](const BenchmarkContext&) {
             const auto x = torch::ones({kTokens, kWidth}).requires_grad_();
             return Contest{.ours = pass(x, [=] { return dropout(x, 0.1); }),
                            .peer = std::nullopt,
                            .other_way = pass(x, [=] { return torch::dropout(x, 0.1, /*train=*/true); })};
           }}};
}

}  // namespace cairn::ops
