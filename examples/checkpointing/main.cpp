// A network and a training loop of one's own, in half of the memory: the same loss, step by step.
#include <cairn/train/checkpointing.h>

#include <iostream>

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>

using namespace cairn::checkpointing;

int main() {
  torch::manual_seed(1);
  std::vector<torch::nn::Linear> layers;
  torch::nn::Sequential network;  // owns the layers, for the optimiser
  Chain chain;
  for (int l = 1; l <= 40; ++l) {
    layers.emplace_back(64, 64);
    network->push_back(layers.back());
    chain.add("layer " + std::to_string(l),
              [layer = layers.back()](const torch::Tensor& x) mutable { return x + torch::tanh(layer(x)); });
  }
  torch::optim::SGD sgd(network->parameters(), 0.01);
  const auto x = torch::randn({512, 64}), target = torch::randn({512, 64});

  const Planner planner(measure(chain, {x}));
  const int64_t budget = planner.store_all().predicted.peak / 2;
  const Plan& plan = planner.within(budget);
  for (int step = 1; step <= 5; ++step) {
    sgd.zero_grad();
    const cairn::train::PeakMeter meter;
    const auto loss = torch::mse_loss(execute(chain, plan.schedule, {x})[0], target);
    loss.backward();
    sgd.step();
    std::cout << "step " << step << ", loss " << loss.item<double>() << ", peak "
              << (meter.peak() - meter.before()) / 1000 << " kB of " << budget / 1000 << " kB\n";
  }
}
