// Any schedule gives the bits of plain autograd, runs each stage as often as it says, and takes the memory predicted.
#include "cairn/train/checkpointing/execute.h"

#include <gtest/gtest.h>

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include "cairn/base/error.h"
#include "cairn/nn/resnet.h"
#include "cairn/train/autocast.h"
#include "tests/train/checkpointing/twenty_budgets.h"

namespace cairn::checkpointing {
namespace {

/// Stages of unlike kinds: dropout, batch normalisation, a shared layer, two tensors between stages, several uses.
struct NetImpl : torch::nn::Module {
  NetImpl() {
    at::manual_seed(1);
    shared = register_module("shared", torch::nn::Linear(8, 8));
    own = register_module("own", torch::nn::Linear(8, 8));
    norm = register_module("norm", torch::nn::BatchNorm1d(8));
    dropout = register_module("dropout", torch::nn::Dropout(0.3));
  }
  Chain chain() {
    Chain chain;
    const auto count = [this](size_t l) { ++forwards[l]; };
    chain.add("in", [=, this](const torch::Tensor& x) { return count(0), torch::tanh(shared(x)); });
    chain.add("norm", [=, this](const torch::Tensor& x) { return count(1), dropout(norm(x)); });
    chain.add("split", [=, this](const Activations& a) { return count(2), Activations{shared(a[0]).sin(), a[0]}; });
    chain.add("twice", [=, this](const Activations& a) {
      return count(3), Activations{shared(torch::relu(shared(a[0]))), a[1]};
    });
    chain.add("join", [=, this](const Activations& a) { return count(4), Activations{dropout(own(a[0])) + a[1]}; });
    chain.add("out", [=, this](const torch::Tensor& x) { return count(5), shared(x).square().mean(); });
    return chain;
  }
  torch::nn::Linear shared{nullptr}, own{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Dropout dropout{nullptr};
  std::vector<int64_t> forwards = std::vector<int64_t>(6, 0);
};
TORCH_MODULE(Net);

torch::Tensor data() {
  at::manual_seed(3);
  return torch::randn({10, 8});
}

std::vector<torch::Tensor> state_of(torch::nn::Module& net) {
  std::vector<torch::Tensor> state;
  for (const auto& parameter : net.parameters()) {
    state.push_back(parameter.detach().clone());
    if (parameter.grad().defined()) state.push_back(parameter.grad().clone());
  }
  for (const auto& buffer : net.buffers()) state.push_back(buffer.clone());
  state.push_back(at::globalContext().defaultGenerator(torch::kCPU).get_state());
  return state;
}

void expect_same(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i])) << i << "\n" << a[i] << "\n" << b[i];
}

std::vector<Schedule> schedules() {
  std::vector<Schedule> all{store_all(6), revolve(6, 1), revolve(6, 3), periodic(6, 2), periodic(6, 6)};
  Net net;
  const Planner planner(measure(net->chain(), {data()}));
  for (const auto& plan : planner.trade_off()) all.push_back(plan.schedule);
  return all;
}

/// Two backward passes onto the same gradients, then more after an optimiser step.
std::vector<torch::Tensor> trained(const Schedule* schedule, bool autocast, int64_t steps) {
  Net net;
  torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(0.01));
  at::manual_seed(7);
  const auto x = data().requires_grad_();
  std::vector<torch::Tensor> losses;
  for (int64_t step = 0; step < steps; ++step) {
    adam.zero_grad();
    for (int micro = 0; micro < 2; ++micro) {
      torch::Tensor loss;
      {
        const train::Autocast bf16({.device = torch::kCPU, .enabled = autocast});
        const Chain chain = net->chain();
        loss = schedule ? execute(chain, *schedule, {x}, {.verify = true})[0] : chain.forward(x);
      }
      (loss * 0.5).backward();
      losses.push_back(loss.detach());
    }
    adam.step();
  }
  auto state = state_of(*net);
  state.push_back(torch::stack(losses));
  state.push_back(x.grad());
  return state;
}

TEST(Execute, EverySchedulesBitsAreThoseOfPlainAutograd) {
  const auto plain = trained(nullptr, false, 3);
  const auto all = schedules();
  EXPECT_GT(all.size(), 6U);
  for (const auto& schedule : all) {
    SCOPED_TRACE("\n" + drawing(schedule, 6));
    expect_same(plain, trained(&schedule, false, 3));
  }
}

TEST(Execute, SameWeightsAfterAHundredSteps) {
  const Schedule schedule = revolve(6, 1);
  expect_same(trained(nullptr, false, 100), trained(&schedule, false, 100));
}

TEST(Execute, RunsEachStageAsOftenAsTheScheduleSays) {
  for (const auto& schedule : schedules()) {
    Net net;
    execute(net->chain(), schedule, {data()})[0].backward();
    EXPECT_EQ(net->forwards, forwards_of(schedule, 6)) << drawing(schedule, 6);
    EXPECT_EQ(net->norm->num_batches_tracked.item<int64_t>(), 1);
  }
}

TEST(Execute, UnderAutocast) {
  nn::ResNet net(nn::ResNetOptions{.depth = 8, .width = 4}, RandomStream(1, "weights"));
  at::manual_seed(1);
  const auto x = torch::randn({2, 3, 16, 16});
  std::vector<std::vector<torch::Tensor>> states;
  for (const bool scheduled : {false, true}) {
    net->zero_grad();
    torch::Tensor y;
    {
      const train::Autocast bf16({.device = torch::kCPU, .enabled = true});
      y = scheduled ? execute(net->chain(), revolve(net->chain().size(), 1), {x})[0] : net->forward(x);
    }
    EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
    y.to(torch::kFloat32).square().sum().backward();
    std::vector<torch::Tensor> state{y.detach()};
    for (const auto& parameter : net->parameters()) state.push_back(parameter.grad().clone());
    states.push_back(state);
  }
  expect_same(states[0], states[1]);
}

TEST(Execute, WithoutGradModeItIsTheChain) {
  Net net;
  const torch::NoGradGuard no_grad;
  EXPECT_FALSE(execute(net->chain(), revolve(6, 1), {data()})[0].requires_grad());
  EXPECT_EQ(net->forwards, std::vector<int64_t>(6, 1));
}

TEST(Execute, MeasuringLeavesEverythingAsItWas) {
  Net net;
  net->chain().forward(data()).backward();
  const auto before = state_of(*net);
  measure(net->chain(), {data().requires_grad_()});
  const auto x = data();
  auto generator = at::globalContext().defaultGenerator(torch::kCPU);
  generator.set_state(before.back());
  measure(net->chain(), {x});
  expect_same(before, state_of(*net));
}

template <class Function>
std::string refusal(Function function) {
  try {
    function();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Execute, NamesTheStageThatDependsOnHiddenState) {
  int calls = 0;
  for (const bool values : {false, true}) {
    Chain chain;
    chain.add("fine", [](const torch::Tensor& x) { return x.sin(); });
    chain.add("moody", [&](const torch::Tensor& x) { return values ? x * ++calls : x.slice(0, 0, 5 + ++calls); });
    chain.add("last", [](const torch::Tensor& x) { return x.sum(); });
    const auto text =
        refusal([&] { execute(chain, periodic(3, 3), {data().requires_grad_()}, {.verify = values})[0].backward(); });
    EXPECT_NE(text.find("stage 2 'moody'"), std::string::npos) << text;
  }
}

TEST(Execute, NamesTheStageThatChangesItsInput) {
  Chain chain;
  chain.add("fine", [](const torch::Tensor& x) { return x.sin(); });
  chain.add("rude", [](torch::Tensor x) { return x.relu_(); });
  const auto text = refusal([&] { execute(chain, periodic(2, 2), {data().requires_grad_()}); });
  EXPECT_NE(text.find("stage 2 'rude'"), std::string::npos) << text;
  EXPECT_NE(text.find("in place"), std::string::npos) << text;
}

TEST(Execute, NamesTheStageThatUsesAGradientFromElsewhere) {
  const auto elsewhere = data().requires_grad_().exp();
  Chain chain;
  chain.add("greedy", [&](const torch::Tensor& x) { return (x * elsewhere).sum(); });
  const auto text = refusal([&] { execute(chain, store_all(1), {data().requires_grad_()})[0].backward(); });
  EXPECT_NE(text.find("stage 1 'greedy'"), std::string::npos) << text;
}

TEST(Execute, RefusesASecondBackwardAndAForeignSchedule) {
  Net net;
  auto loss = execute(net->chain(), revolve(6, 1), {data()})[0];
  loss.backward({}, /*retain_graph=*/true);
  EXPECT_NE(refusal([&] { loss.backward(); }).find("second backward"), std::string::npos);
  EXPECT_THROW(execute(net->chain(), revolve(5, 1), {data()}), UsageError);
}

TEST(Execute, AnExceptionInAStagePassesThrough) {
  bool fail = false;
  Chain chain;
  chain.add("a", [&](const torch::Tensor& x) {
    return fail ? throw std::runtime_error("mine") : torch::dropout(x, 0.5, true);
  });
  chain.add("b", [](const torch::Tensor& x) { return x.sum(); });
  auto loss = execute(chain, periodic(2, 2), {data().requires_grad_()})[0];
  fail = true;
  const auto before = at::globalContext().defaultGenerator(torch::kCPU).get_state();
  EXPECT_THROW(loss.backward(), std::runtime_error);
  EXPECT_TRUE(torch::equal(before, at::globalContext().defaultGenerator(torch::kCPU).get_state()));
}

TEST(Execute, TakesThePredictedMemoryAtTwentyBudgets) {
  nn::ResNet net(nn::ResNetOptions{.depth = 44, .width = 8}, RandomStream(1, "weights"));
  at::manual_seed(1);
  Chain chain = net->chain();
  chain.add("loss", [](const torch::Tensor& y) { return y.square().mean(); });
  expect_predicted_peaks(chain, {torch::randn({4, 3, 32, 32})}, 0.35, [&] { net->zero_grad(); });
}

}  // namespace
}  // namespace cairn::checkpointing
