#include <torch/csrc/autograd/autograd.h>

#include "cairn/ops/benchmarks.h"
#include "cairn/ops/masked_linear.h"

namespace cairn::ops {

namespace {

constexpr int64_t kBatch = 100, kUnits = 2000;  // a hidden layer of MADE

struct Layer {
  torch::Tensor x, weight, bias;
  StaircaseMask mask;
};

Layer random_layer() {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
  Layer layer{.x = torch::rand({kBatch, kUnits}, generator).requires_grad_(),
              .weight = torch::randn({kUnits, kUnits}, generator).mul_(0.02),
              .bias = torch::zeros({kUnits}, torch::requires_grad()),
              .mask = {.reach = {}, .inputs = kUnits}};
  for (int64_t j = 0; j < kUnits; ++j) layer.mask.reach.push_back(j + 1);
  layer.mask.apply_(layer.weight);
  layer.weight.requires_grad_();
  return layer;
}

/// Forward and backward; the gradients' norm tells whether both sides computed the same.
Measure pass(const Layer& layer, const std::function<torch::Tensor()>& forward) {
  return [=] {
    std::vector<torch::Tensor> gradients;
    const double seconds = seconds_of(
        [&] { gradients = torch::autograd::grad({forward().square().mean()}, {layer.x, layer.weight, layer.bias}); });
    return Measurement{seconds, {{"grad_norm", torch::stack(at::_foreach_norm(gradients)).norm().item<double>()}}};
  };
}

}  // namespace

std::vector<Benchmark> masked_linear_benchmarks() {
  return {{.name = "ops/masked_linear",
           .help = "a masked layer forward and backward, 100 x 2000 to 2000, by staircase blocks against mask and "
                   "dense product",
           .unit = "s",
           .rounds = 20,
           .prepare = [](const BenchmarkContext&) {
             const Layer k = random_layer();
             const auto dense = k.mask.dense(k.weight.options().requires_grad(false));
             return Contest{.ours = pass(k, [=] { return masked_linear(k.x, k.weight, k.bias, k.mask); }),
                            .peer = std::nullopt,
                            .other_way = pass(k, [=] { return torch::linear(k.x, k.weight * dense, k.bias); })};
           }}};
}

}  // namespace cairn::ops
