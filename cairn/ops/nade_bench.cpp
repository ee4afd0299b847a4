#include <numeric>

#include <torch/csrc/autograd/autograd.h>

#include "cairn/ops/benchmarks.h"
#include "cairn/ops/nade.h"
#include "cairn/ops/nade_chunked.h"
#include "cairn/ops/nade_reference.h"

namespace cairn::ops {

namespace {

struct Sizes {
  int64_t B, D, H;
};
constexpr Sizes kImages{100, 784, 500};  // a batch of binarized MNIST
constexpr Sizes kSmall{16, 100, 50};     // what the O(D^2 H) definition can do in a second

constexpr double kInk = 0.13;  // share of ones: that of binarized MNIST

NadeInput random_input(const Sizes& s) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
  const auto matrix = [&] { return torch::randn({s.D, s.H}, generator).mul_(0.05).requires_grad_(); };
  std::vector<int64_t> order(s.D);
  std::iota(order.begin(), order.end(), 0);
  return {.x = torch::rand({s.B, s.D}, generator).lt(kInk).to(torch::kUInt8),
          .W = matrix(),
          .V = matrix(),
          .b = torch::zeros({s.D}, torch::requires_grad()),
          .c = torch::zeros({s.H}, torch::requires_grad()),
          .variables = Variables::binary(s.D),
          .order = std::move(order)};
}

using Operator = torch::Tensor (*)(const NadeInput&);

/// Forward and backward; the gradients' norm tells whether both sides computed the same.
Measure pass(const NadeInput& in, Operator nade_operator) {
  return [=] {
    std::vector<torch::Tensor> gradients;
    Measurement m;
    m.value = seconds_of([&] {
      const auto nll = -log_likelihood(nade_operator(in), in.x, in.variables).sum(1).mean();
      gradients = torch::autograd::grad({nll}, {in.W, in.V, in.b, in.c});
      m.quality = {{"nll", nll.item<double>()}};
    });
    m.quality.emplace_back("grad_norm", torch::stack(at::_foreach_norm(gradients)).norm().item<double>());
    return m;
  };
}

Benchmark against(const std::string& name, const std::string& help, const Sizes& sizes, Operator other) {
  return {.name = name, .help = help, .unit = "s", .prepare = [=](const BenchmarkContext&) {
            const NadeInput in = random_input(sizes);
            return Contest{.ours = pass(in, nade), .peer = std::nullopt, .other_way = pass(in, other)};
          }};
}

torch::Tensor chunked(const NadeInput& in) {
  return nade_chunked(in);
}

/// Multiplications and additions that no NADE can do without: the logits from h, and the gradients of V and of h. The
/// rest (W's rows where x is 1, the sigmoids) is overhead in this count.
double operations(const Sizes& s) {
  return 2.0 * 3 * static_cast<double>(s.B * s.D * s.H);
}

Measure matmul_rate() {
  constexpr int64_t n = 1024;
  return [a = torch::rand({n, n}), b = torch::rand({n, n})] {
    const double seconds = seconds_of([&] {
      for (int repeat = 0; repeat < 4; ++repeat) torch::mm(a, b);
    });
    return Measurement{.value = 4 * 2e-9 * n * n * n / seconds, .quality = {}};
  };
}

Benchmark rate() {
  return {.name = "ops/nade_rate",
          .help =
              "the three products with V of a NADE pass, per second of the whole pass, against the machine's matrix "
              "product",
          .unit = "GFLOP/s",
          .higher_is_better = true,
          .prepare = [](const BenchmarkContext&) {
            const auto timed = pass(random_input(kImages), nade);
            return Contest{.ours = [=] { return Measurement{operations(kImages) * 1e-9 / timed().value, {}}; },
                           .peer = std::nullopt,
                           .other_way = matmul_rate()};
          }};
}

}  // namespace

std::vector<Benchmark> nade_benchmarks() {
  return {against("ops/nade",
                  "NADE forward and backward, 100 x 784 binary, 500 hidden, against LibTorch operators in chunks",
                  kImages, chunked),
          against("ops/nade_reference",
                  "NADE forward and backward, 16 x 100 binary, 50 hidden, against its O(D^2 H) definition", kSmall,
                  nade_reference),
          rate()};
}

}  // namespace cairn::ops
