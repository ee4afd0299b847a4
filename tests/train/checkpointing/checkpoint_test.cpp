// checkpoint() by either engine gives the bits of plain autograd, whatever the closure does.
#include "cairn/train/checkpointing/checkpoint.h"

#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include "cairn/base/error.h"
#include "cairn/train/autocast.h"

namespace cairn::checkpointing {
namespace {

/// Two layers with batch normalisation and dropout, and a count of the forwards.
struct NetImpl : torch::nn::Module {
  NetImpl() {
    at::manual_seed(1);
    in = register_module("in", torch::nn::Linear(6, 8));
    norm = register_module("norm", torch::nn::BatchNorm1d(8));
    out = register_module("out", torch::nn::Linear(8, 6));
    dropout = register_module("dropout", torch::nn::Dropout(0.4));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    ++forwards;
    return out(dropout(torch::relu(norm(in(x)))));
  }
  torch::nn::Linear in{nullptr}, out{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Dropout dropout{nullptr};
  int forwards = 0;
};
TORCH_MODULE(Net);

torch::Tensor data(std::vector<int64_t> shape = {5, 6}) {
  at::manual_seed(3);
  return torch::randn(shape);
}

/// Everything that a training step leaves: loss, gradients, buffers and the state of the random numbers.
std::vector<torch::Tensor> trace_of(torch::nn::Module& net, const torch::Tensor& loss) {
  std::vector<torch::Tensor> trace{loss.detach().clone()};
  for (const auto& parameter : net.parameters()) {
    trace.push_back(parameter.grad().defined() ? parameter.grad().clone() : torch::zeros({0}));
  }
  for (const auto& buffer : net.buffers()) trace.push_back(buffer.clone());
  trace.push_back(at::globalContext().defaultGenerator(torch::kCPU).get_state());
  return trace;
}

void expect_same(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(torch::equal(a[i], b[i])) << i << "\n" << a[i] << "\n" << b[i];
}

class Checkpoint : public testing::TestWithParam<Engine> {
 protected:
  CheckpointOptions options(std::string name = "region") const {
    return {.name = std::move(name), .engine = GetParam()};
  }

  torch::Tensor region(const std::function<torch::Tensor(const torch::Tensor&)>& f, const torch::Tensor& x) const {
    return checkpoint([f](const Activations& a) { return Activations{f(a[0])}; }, {x}, options())[0];
  }

  /// `body(net, wrapped)` gives a loss; wrapped or not, a step must leave the same bits.
  using Wrap =
      std::function<torch::Tensor(const std::function<torch::Tensor(const torch::Tensor&)>&, const torch::Tensor&)>;
  void expect_equal_steps(const std::function<torch::Tensor(Net&, const Wrap&)>& body) const {
    std::vector<std::vector<torch::Tensor>> traces;
    for (const bool wrapped : {false, true}) {
      Net net;
      const Wrap wrap = wrapped ? Wrap([this](const auto& f, const auto& x) { return region(f, x); })
                                : Wrap([](const auto& f, const auto& x) { return f(x); });
      at::manual_seed(7);
      const auto loss = body(net, wrap);
      loss.backward();
      traces.push_back(trace_of(*net, loss));
    }
    expect_same(traces[0], traces[1]);
  }

  template <class Function>
  static std::string refusal(Function function) {
    try {
      function();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "nothing thrown";
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, Checkpoint, testing::Values(Engine::saved_tensors, Engine::reentrant),
                         [](const auto& test) {
                           return test.param == Engine::reentrant ? "reentrant" : "saved_tensors";
                         });

TEST_P(Checkpoint, OneRegionGivesTheSameBitsAndTwoForwards) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    return wrap([net](const torch::Tensor& x) mutable { return net(x); }, data().requires_grad_()).square().sum();
  });
  Net net;
  auto y = region([net](const torch::Tensor& x) mutable { return net(x); }, data()).sum();
  EXPECT_EQ(net->forwards, 1);
  y.backward();
  EXPECT_EQ(net->forwards, 2);
  EXPECT_EQ(net->norm->num_batches_tracked.item<int64_t>(), 1);
}

TEST_P(Checkpoint, FrozenInputsStillGiveTheParametersTheirGradients) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    return wrap([net](const torch::Tensor& x) mutable { return net(x); }, data()).square().sum();
  });
}

TEST_P(Checkpoint, SharedParametersInTwoRegionsAndOutside) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    const auto f = [net](const torch::Tensor& x) mutable { return net(x); };
    return (wrap(f, wrap(f, data())) + torch::tanh(net->out->bias)).square().sum();
  });
}

TEST_P(Checkpoint, NestedRegions) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    const auto inner = [net](const torch::Tensor& x) mutable { return net(x); };
    const auto middle = [=](const torch::Tensor& x) { return torch::tanh(wrap(inner, torch::sin(x))); };
    const auto outer = [=](const torch::Tensor& x) { return wrap(middle, torch::relu(x)) * x; };
    return wrap(outer, data().requires_grad_()).sum();
  });
}

TEST_P(Checkpoint, FrozenParametersGetNone) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    net->in->weight.requires_grad_(false);
    net->norm->eval();
    return wrap([net](const torch::Tensor& x) mutable { return net(x); }, data().requires_grad_()).square().sum();
  });
}

TEST_P(Checkpoint, Autocast) {
  expect_equal_steps([](Net& net, const Wrap& wrap) {
    const train::Autocast autocast({.device = torch::kCPU, .enabled = true});
    const auto f = [net](const torch::Tensor& x) mutable { return net(x); };
    const auto loss = wrap(f, data().requires_grad_()).to(torch::kFloat32).square().sum();
    EXPECT_EQ(wrap(f, data()).scalar_type(), torch::kBFloat16);
    return loss;
  });
}

TEST_P(Checkpoint, SeveralInputsAndOutputsSomeWithoutGradient) {
  const auto f = [](const Activations& a) {
    return Activations{a[0] * a[1], a[0].argmax(1), a[2].index_select(1, a[1].argmax(1)), a[0]};
  };
  std::vector<std::vector<torch::Tensor>> traces;
  for (const bool wrapped : {false, true}) {
    auto x = data().requires_grad_(), y = torch::cos(data()).requires_grad_(), z = data().detach();
    const Activations inputs{x, y, z};
    const Activations out = wrapped ? checkpoint(f, inputs, options()) : f(inputs);
    EXPECT_FALSE(out[1].requires_grad());
    (out[0].sin().sum() + out[3].square().sum()).backward();
    traces.push_back({x.grad(), y.grad(), out[1], out[2].detach()});
  }
  expect_same(traces[0], traces[1]);
}

TEST_P(Checkpoint, UnusedInputAndOutput) {
  auto x = data().requires_grad_(), unused = data().requires_grad_();
  const auto out =
      checkpoint([](const Activations& a) { return Activations{a[0].exp(), a[0] * 2}; }, {x, unused}, options());
  out[1].sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), torch::full_like(x, 2)));
  EXPECT_FALSE(unused.grad().defined() && unused.grad().abs().sum().item<float>() > 0);
}

TEST_P(Checkpoint, SameWeightsAfterAHundredStepsOfDropout) {
  std::vector<std::vector<torch::Tensor>> weights;
  for (const bool wrapped : {false, true}) {
    Net net;
    torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(0.01));
    const auto x = data({20, 6});
    at::manual_seed(11);
    for (int step = 0; step < 100; ++step) {
      auto f = [net](const torch::Tensor& in) mutable { return net(in); };
      adam.zero_grad();
      const auto y = wrapped ? region(f, region(f, x)) : f(f(x));
      (y - x).square().mean().backward();
      adam.step();
    }
    std::vector<torch::Tensor> now;
    for (const auto& parameter : net->parameters()) now.push_back(parameter.detach().clone());
    for (const auto& buffer : net->buffers()) now.push_back(buffer.clone());
    weights.push_back(now);
  }
  expect_same(weights[0], weights[1]);
}

TEST_P(Checkpoint, InPlaceChangeOfAnInputIsRefused) {
  auto x = data().requires_grad_() * 1;
  auto y = region([](const torch::Tensor& a) { return a.sin(); }, x).sum();
  {
    const torch::NoGradGuard no_grad;
    x.add_(1);
  }
  const std::string text = refusal([&] { y.backward(); });
  EXPECT_NE(text.find("[region]"), std::string::npos) << text;
  EXPECT_NE(text.find("changed in place"), std::string::npos) << text;
}

TEST_P(Checkpoint, HiddenStateThatChangesShapesIsNamed) {
  int calls = 0;
  auto y = region([&](const torch::Tensor& a) { return a.slice(0, 0, 5 - ++calls).sin(); }, data().requires_grad_());
  const std::string text = refusal([&] { y.sum().backward(); });
  EXPECT_NE(text.find("[region] recomputed"), std::string::npos) << text;
}

TEST_P(Checkpoint, HiddenStateThatChangesValuesIsNamedInDebugMode) {
  for (const bool verify : {false, true}) {
    double scale = 1;
    auto x = data().requires_grad_();
    CheckpointOptions debug = options();
    debug.verify = verify;
    auto y = checkpoint([&](const Activations& a) { return Activations{(a[0] * (scale += 1)).sin()}; }, {x}, debug)[0];
    const std::string text = refusal([&] { y.sum().backward(); });
    EXPECT_EQ(text.find("other values") != std::string::npos, verify) << text;
  }
}

TEST_P(Checkpoint, ExceptionsPassThroughAndLeaveThingsAsTheyWere) {
  auto x = data().requires_grad_();
  bool fail = true;
  const auto f = [&](const torch::Tensor& a) {
    const auto y = torch::dropout(a, 0.5, true).sin();
    if (fail) throw std::runtime_error("mine");
    return y;
  };
  EXPECT_THROW(region(f, x), std::runtime_error);
  fail = false;
  auto y = region(f, x).sum();
  fail = true;
  const auto before = at::globalContext().defaultGenerator(torch::kCPU).get_state();
  if (GetParam() == Engine::reentrant) {  // the other engine stops before the throw: all is there that was saved
    EXPECT_THROW(y.backward(), std::runtime_error);
  }
  EXPECT_TRUE(torch::equal(before, at::globalContext().defaultGenerator(torch::kCPU).get_state()));
  EXPECT_FALSE(torch::GradMode::is_enabled() == false);
  fail = false;
  region(f, x).sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

TEST_P(Checkpoint, WithoutGradModeItIsTheFunction) {
  Net net;
  const torch::NoGradGuard no_grad;
  const auto y = region([net](const torch::Tensor& x) mutable { return net(x); }, data());
  EXPECT_FALSE(y.requires_grad());
  EXPECT_EQ(net->forwards, 1);
}

TEST_P(Checkpoint, FiftyNestedAndAHundredInARow) {
  std::function<torch::Tensor(const torch::Tensor&, int)> nested = [&](const torch::Tensor& x, int depth) {
    if (depth == 0) return x.sin();
    return region([&, depth](const torch::Tensor& a) { return nested(a, depth - 1).cos(); }, x);
  };
  auto x = data().requires_grad_(), plain = data().requires_grad_();
  nested(x, 8).sum().backward();
  auto expected = plain.sin();
  for (int i = 0; i < 8; ++i) expected = expected.cos();
  expected.sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), plain.grad()));

  auto row = data().requires_grad_();
  torch::Tensor y = row;
  for (int i = 0; i < 100; ++i) y = region([](const torch::Tensor& a) { return a.sin(); }, y);
  y.sum().backward();
  EXPECT_TRUE(row.grad().defined());
}

TEST(SavedTensorsEngine, GradAndGradOfGrad) {
  auto x = data({4}).to(torch::kFloat64).requires_grad_();
  const auto f = [](const torch::Tensor& a) { return a.sin() * a.exp(); };
  const auto slope = [&](const torch::Tensor& y) { return torch::autograd::grad({y.sum()}, {x}, {}, true, true)[0]; };
  const auto plain = slope(slope(f(x))), again = slope(slope(checkpoint(f, x)));
  EXPECT_TRUE(torch::equal(plain, again));
}

TEST(SavedTensorsEngine, EarlyStopLeavesTheTailOut) {
  int reached = 0;
  const auto f = [&](const torch::Tensor& a) {
    const auto y = a.exp();  // saves its output
    ++reached;
    return y + 1;
  };
  auto x = data().requires_grad_();
  checkpoint(f, x).sum().backward();
  EXPECT_EQ(reached, 1);
}

TEST(SavedTensorsEngine, BackwardTwiceOverARetainedGraph) {
  auto x = data().requires_grad_();
  auto y = checkpoint([](const torch::Tensor& a) { return a.sin().exp(); }, x).sum();
  y.backward({}, /*retain_graph=*/true);
  const auto once = x.grad().clone();
  y.backward();
  EXPECT_TRUE(torch::equal(x.grad(), once + once));
}

TEST(ReentrantEngine, RefusesGrad) {
  auto x = data().requires_grad_();
  auto y =
      checkpoint([](const Activations& a) { return Activations{a[0].sin()}; }, {x}, {.engine = Engine::reentrant})[0];
  EXPECT_THROW(torch::autograd::grad({y.sum()}, {x}), UsageError);
}

TEST(CheckpointCuda, RandomNumbersAreReplayed) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "no CUDA device here";
  for (const auto engine : {Engine::saved_tensors, Engine::reentrant}) {
    auto x = torch::randn({64, 64}, torch::kCUDA).requires_grad_();
    auto y = checkpoint([](const Activations& a) { return Activations{torch::dropout(a[0], 0.5, true)}; }, {x},
                        {.engine = engine, .verify = true})[0];
    y.sum().backward();
    EXPECT_TRUE(torch::equal(x.grad().ne(0), y.ne(0)));
  }
}

}  // namespace
}  // namespace cairn::checkpointing
