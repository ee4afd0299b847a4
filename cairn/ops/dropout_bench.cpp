#include "cairn/ops/benchmarks.h"
#include "cairn/ops/dropout.h"
#include "cairn/ops/gradient_pass.h"

namespace cairn::ops {

namespace {

constexpr int64_t kTokens = 4096, kWidth = 512;  // what a Transformer drops from at each step, once a part

Measure pass(const torch::Tensor& x, const std::function<torch::Tensor()>& forward) {
  return gradient_pass(x, forward, "kept",
                       [](const torch::Tensor& gradient) { return gradient.ne(0).to(torch::kFloat64).mean(); });
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
