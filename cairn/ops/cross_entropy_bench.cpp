#include <torch/csrc/autograd/autograd.h>

#include "cairn/ops/benchmarks.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::ops {

namespace {

/// A window of Penn Treebank: 35 x 20 positions, 200 numbers each, 10,000 words.
struct Window {
  Window() {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    h = torch::randn({700, 200}, generator).requires_grad_();
    W = torch::randn({10000, 200}, generator).mul_(0.1).requires_grad_();
    b = torch::zeros({10000}, torch::requires_grad());
    targets = torch::randint(10000, {700}, generator, torch::kInt64);
  }
  torch::Tensor h, W, b, targets;
};

torch::Tensor chunked(const Window& w) {
  return cross_entropy(w.h, w.W, w.b, w.targets).mean;
}

torch::Tensor library(const Window& w) {
  return torch::nn::functional::cross_entropy(torch::linear(w.h, w.W, w.b), w.targets);
}

/// Forward and backward; the loss and the gradients' norm tell whether both sides computed the same.
Measure pass(const Window& w, torch::Tensor (*loss)(const Window&)) {
  return [=] {
    std::vector<torch::Tensor> gradients;
    Measurement m;
    m.value = seconds_of([&] {
      const auto nll = loss(w);
      gradients = torch::autograd::grad({nll}, {w.h, w.W, w.b});
      m.quality = {{"nll", nll.item<double>()}};
    });
    m.quality.emplace_back("grad_norm", torch::stack(at::_foreach_norm(gradients)).norm().item<double>());
    return m;
  };
}

}  // namespace

std::vector<Benchmark> cross_entropy_benchmarks() {
  return {{.name = "ops/cross_entropy",
           .help =
               "cross-entropy over 10,000 words, 700 positions, forward and backward, against LibTorch's linear and "
               "cross_entropy",
           .unit = "s",
           .prepare = [](const BenchmarkContext&) {
             const Window window;
             return Contest{.ours = pass(window, chunked), .peer = std::nullopt, .other_way = pass(window, library)};
           }}};
}

}  // namespace cairn::ops
