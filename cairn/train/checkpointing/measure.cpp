#include "cairn/train/checkpointing/measure.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <iterator>
#include <limits>
#include <set>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "cairn/train/checkpointing/conditions.h"
#include "cairn/train/checkpointing/execute.h"
#include "cairn/train/memory_meter.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;
using Clock = std::chrono::steady_clock;

torch::Device device_of(const Activations& tensors) {
  for (const auto& tensor : tensors) {
    if (tensor.defined()) return tensor.device();
  }
  return torch::kCPU;
}

using Storages = std::set<const c10::StorageImpl*>;

Storages storages_of(const Activations& tensors) {
  Storages storages;
  for (const auto& tensor : tensors) {
    if (tensor.defined()) storages.insert(tensor.storage().unsafeGetStorageImpl());
  }
  return storages;
}

int64_t bytes_of(const Storages& storages) {
  int64_t bytes = 0;
  for (const auto* storage : storages) bytes += static_cast<int64_t>(storage->nbytes());
  return bytes;
}

Storages shared(const Storages& a, const Storages& b) {
  Storages both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

int64_t gradient_bytes_of(const Activations& tensors) {
  int64_t bytes = 0;
  for (const auto& tensor : tensors) {
    if (tensor.defined() && tensor.is_floating_point()) bytes += static_cast<int64_t>(tensor.nbytes());
  }
  return bytes;
}

class Meter final : public Observer {
 public:
  Meter(const Chain& chain, torch::Device device) : device_(device), peak_(device) {
    for (size_t l = 1; l <= chain.size(); ++l) profile_.stages.push_back({.name = chain.stage(l).name});
    for (auto& cost : profile_.stages) {
      cost.forward_seconds = cost.taping_seconds = cost.backward_seconds = std::numeric_limits<double>::infinity();
    }
  }

  void begins(const Operation&) override {
    peak_.restart();
    began_ = Clock::now();
  }

  void ran_forward(const Operation& operation, const Activations& input, const Activations& output,
                   int64_t conditions_bytes) override {
    const double seconds = elapsed();
    StageCost& cost = profile_.stages[operation.stage - 1];
    const int64_t live = train::memory_use(device_).live;
    const Storages held = storages_of(output);
    cost.output = bytes_of(held);
    cost.handed_on = bytes_of(shared(held, storages_of(input)));
    cost.output_gradient = gradient_bytes_of(output);
    const int64_t left = ran_.insert(operation.stage).second ? conditions_bytes : 0;
    if (operation.kind == Kind::forward_taping) {
      cost.tape = std::max(live - peak_.before() - left, cost.made());
      cost.taping_overhead = peak_.peak() - peak_.before() - left - cost.tape;
      cost.taping_seconds = std::min(cost.taping_seconds, seconds);
    } else {
      cost.forward_overhead = peak_.peak() - peak_.before() - left - cost.made();
      cost.forward_seconds = std::min(cost.forward_seconds, seconds);
    }
    cost.conditions = conditions_bytes;
  }

  void ran_backward(const Operation& operation, int64_t parameter_gradients) override {
    StageCost& cost = profile_.stages[operation.stage - 1];
    cost.backward_seconds = std::min(cost.backward_seconds, elapsed());
    cost.backward_overhead = peak_.peak() - peak_.before();
    cost.parameter_gradients = parameter_gradients;
  }

  void next_pass() { ran_.clear(); }

  /// The last stage is taped alone, never run without a tape: as if it took the same.
  Profile profile(const Activations& input) const {
    Profile result = profile_;
    for (auto& cost : result.stages) {
      if (cost.forward_seconds > cost.taping_seconds) cost.forward_seconds = cost.taping_seconds;
    }
    for (const auto& tensor : input) {
      if (tensor.defined() && tensor.requires_grad()) result.input_gradient += static_cast<int64_t>(tensor.nbytes());
    }
    return result;
  }

 private:
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

  torch::Device device_;
  train::PeakMeter peak_;
  Clock::time_point began_;
  std::set<size_t> ran_;  // stages that this pass has run forward
  Profile profile_;
};

/// Gradients for every output that can have one, at no cost in memory: one number, expanded. A training loop leaves
/// autocast before it goes backward.
void go_backward(const Activations& output) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  std::vector<torch::Tensor> roots, gradients;
  for (const auto& tensor : output) {
    if (!tensor.requires_grad()) continue;
    roots.push_back(tensor);
    gradients.push_back(torch::ones({}, tensor.options().requires_grad(false)).expand_as(tensor));
  }
  torch::autograd::backward(roots, gradients);
}

}  // namespace

Profile measure(const Chain& chain, const Activations& input, MeasureOptions options) {
  train::count_memory();
  const Reenactment as_it_was{Conditions(input)};
  const torch::AutoGradMode with_gradient(true);
  const Schedule schedule = revolve(chain.size(), static_cast<size_t>(std::bit_width(chain.size())));
  Meter meter(chain, device_of(input));
  for (int64_t pass = 0; pass < options.passes; ++pass) {
    meter.next_pass();
    const ExecuteOptions execution{.keep_gradients = false, .observer = &meter};
    Activations fresh;  // gradients of the input must not reach the caller's tensors
    for (const auto& tensor : input) {
      fresh.push_back(tensor.defined() ? tensor.detach().requires_grad_(tensor.requires_grad()) : tensor);
    }
    go_backward(execute(chain, schedule, fresh, execution));
  }
  return meter.profile(input);
}

}  // namespace cairn::checkpointing
