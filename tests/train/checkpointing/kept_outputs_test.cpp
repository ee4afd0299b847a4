// Selective saving: the same bits, no second run of kept operators, and memory between plain autograd and none kept.
#include "cairn/train/checkpointing/kept_outputs.h"

#include <gtest/gtest.h>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/checkpoint.h"
#include "cairn/train/memory_meter.h"

namespace cairn::checkpointing {
namespace {

int kernel_runs = 0;

torch::Tensor counted_kernel(const torch::Tensor& x) {
  ++kernel_runs;
  return x * 2;
}

struct Counted : torch::autograd::Function<Counted> {
  static torch::Tensor forward(torch::autograd::AutogradContext* /*ctx*/, const torch::Tensor& x) {
    const at::AutoDispatchBelowADInplaceOrView below;
    static const auto op = c10::Dispatcher::singleton()
                               .findSchemaOrThrow("cairn_test::counted", "")
                               .typed<torch::Tensor(const torch::Tensor&)>();
    return op.call(x);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* /*ctx*/,
                                               const torch::autograd::tensor_list& gradients) {
    return {gradients[0] * 2};
  }
};

TORCH_LIBRARY(cairn_test, library) {
  library.def("counted(Tensor x) -> Tensor");
}
TORCH_LIBRARY_IMPL(cairn_test, CPU, library) {
  library.impl("counted", counted_kernel);
}
TORCH_LIBRARY_IMPL(cairn_test, Autograd, library) {
  library.impl("counted", [](const torch::Tensor& x) { return Counted::apply(x); });
}

torch::Tensor counted(const torch::Tensor& x) {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("cairn_test::counted", "")
                             .typed<torch::Tensor(const torch::Tensor&)>();
  return op.call(x);
}

class Keeping : public testing::TestWithParam<Engine> {
 protected:
  CheckpointOptions keeping(Operators operators) const {
    return {.name = "region", .engine = GetParam(), .verify = true, .keep = std::move(operators)};
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, Keeping, testing::Values(Engine::saved_tensors, Engine::reentrant),
                         [](const auto& test) {
                           return test.param == Engine::reentrant ? "reentrant" : "saved_tensors";
                         });

/// Attention, products, dropout and what lies between.
Activations block(const Activations& a, const torch::Tensor& w) {
  const auto q = torch::matmul(torch::gelu(a[0]), w);  // [2, 3, 7, 8]
  const auto attended = at::scaled_dot_product_attention(q, torch::sin(q), torch::cos(q));
  return {torch::dropout(torch::matmul(torch::tanh(attended), w), 0.3, true).exp()};
}

TEST_P(Keeping, GivesTheBitsOfPlainAutograd) {
  at::manual_seed(1);
  const auto w = torch::randn({8, 8}).requires_grad_();
  const auto start = torch::randn({2, 3, 7, 8});
  std::vector<std::vector<torch::Tensor>> traces;
  for (const bool wrapped : {false, true}) {
    at::manual_seed(2);
    w.mutable_grad() = torch::Tensor();
    auto x = start.clone().requires_grad_();
    const auto f = [w](const Activations& a) { return block(a, w); };
    const auto y = wrapped ? checkpoint(f, {x}, keeping(products()))[0] : f({x})[0];
    y.sum().backward();
    traces.push_back({y.detach(), x.grad(), w.grad(), at::globalContext().defaultGenerator(torch::kCPU).get_state()});
  }
  for (size_t i = 0; i < traces[0].size(); ++i) EXPECT_TRUE(torch::equal(traces[0][i], traces[1][i])) << i;
}

TEST_P(Keeping, KeptOperatorsRunOnce) {
  for (const bool kept : {false, true}) {
    kernel_runs = 0;
    auto x = torch::ones({4}).requires_grad_();
    const auto f = [](const Activations& a) { return Activations{counted(a[0].exp()).sin().cos()}; };
    checkpoint(f, {x}, keeping(kept ? Operators{"cairn_test::counted"} : Operators{}))[0].sum().backward();
    EXPECT_EQ(kernel_runs, kept ? 1 : 2);
    const auto slope =
        -2 * x.detach().exp() * torch::cos(2 * x.detach().exp()) * torch::sin(torch::sin(2 * x.detach().exp()));
    EXPECT_TRUE(torch::allclose(x.grad(), slope));
  }
}

TEST_P(Keeping, RegionsInsideOthersKeepTheirOwn) {
  kernel_runs = 0;
  auto x = torch::ones({4}).requires_grad_();
  const auto inner = [this](const Activations& a) {
    return checkpoint([](const Activations& b) { return Activations{counted(b[0].sin()).cos()}; }, a,
                      keeping({"cairn_test::counted"}));
  };
  const auto outer = [&](const Activations& a) { return inner({counted(a[0].exp()).tanh()}); };
  checkpoint(outer, {x}, keeping({"cairn_test::counted"}))[0].sum().backward();
  auto plain = torch::ones({4}).requires_grad_();
  counted(counted(plain.exp()).tanh().sin()).cos().sum().backward();
  EXPECT_TRUE(torch::equal(x.grad(), plain.grad()));
}

TEST_P(Keeping, MemoryLiesBetweenAllAndNothing) {
  train::count_memory();
  const auto w = torch::randn({64, 64});
  const auto f = [w](const Activations& a) {
    auto y = a[0];
    for (int i = 0; i < 4; ++i) y = torch::mm(y, w).tanh().sin().exp().cos().mul(0.1);
    return Activations{y};
  };
  const auto held = [&](const std::function<Activations(const Activations&)>& g) {
    const auto x = torch::randn({256, 64}).requires_grad_();
    const train::PeakMeter meter;
    const auto y = g({x});
    return train::memory_use().live - meter.before();
  };
  const int64_t all = held(f);
  const int64_t some = held([&](const Activations& a) { return checkpoint(f, a, keeping({"aten::mm"})); });
  const int64_t none = held([&](const Activations& a) { return checkpoint(f, a, keeping({})); });
  const int64_t one = 256 * 64 * 4;
  EXPECT_EQ(none, one);
  EXPECT_EQ(some, 5 * one);
  EXPECT_EQ(all, 9 * one);  // of each round what tanh and exp gave, and y
}

std::string refusal(const std::function<void()>& function) {
  try {
    function();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST_P(Keeping, RefusesWhatCannotBeKept) {
  auto x = torch::randn({4, 4}).requires_grad_();
  const auto once = [&](const Region& f, Operators operators) {
    return refusal([&] { checkpoint(f, {x}, keeping(std::move(operators)))[0].sum().backward(); });
  };
  const auto view = once([](const Activations& a) { return Activations{a[0].exp().t()}; }, {"aten::t"});
  EXPECT_NE(view.find("[region] cannot keep aten::t"), std::string::npos) << view;
  const auto random = once([](const Activations& a) { return Activations{torch::rand_like(a[0]) * a[0]}; },
                           {"aten::rand_like", "aten::uniform"});
  EXPECT_NE(random.find("draws random numbers"), std::string::npos) << random;
  const auto changed =
      once([](const Activations& a) { return Activations{torch::mm(a[0], a[0]).tanh_().exp()}; }, {"aten::mm"});
  EXPECT_NE(changed.find("changed in place"), std::string::npos) << changed;
  int calls = 0;
  const auto other = once(
      [&](const Activations& a) {
        const auto y = ++calls == 1 ? torch::mm(a[0], a[0]) : torch::mm(torch::mm(a[0], a[0]), a[0]);
        return Activations{y.exp().sin()};
      },
      {"aten::mm"});
  EXPECT_NE(other.find("recomputed"), std::string::npos) << other;
}

TEST(KeptOutputs, GradientsOfGradients) {
  auto x = torch::randn({5, 5}, torch::kFloat64).requires_grad_();
  const auto f = [](const Activations& a) { return Activations{torch::mm(a[0], a[0].exp()).sin()}; };
  const auto slope = [&](const torch::Tensor& y) { return torch::autograd::grad({y.sum()}, {x}, {}, true, true)[0]; };
  const auto plain = slope(slope(f({x})[0]));
  EXPECT_TRUE(torch::equal(plain, slope(slope(checkpoint(f, {x}, {.keep = products()})[0]))));
}

}  // namespace
}  // namespace cairn::checkpointing
