#include "cairn/train/checkpointing/saved_tensor_hooks.h"

#include <memory>

#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/saved_variable_hooks.h>

#include "cairn/base/error.h"

namespace cairn::checkpointing {

namespace {

thread_local SavedTensorHooks* innermost_hooks = nullptr;

class Hooks final : public torch::autograd::SavedVariableHooks {
 public:
  explicit Hooks(Pack pack) : pack_(std::move(pack)) {}
  void call_pack_hook(const torch::Tensor& tensor) override { unpack_ = pack_(tensor); }
  torch::Tensor call_unpack_hook() override { return unpack_(); }

 private:
  Pack pack_;
  Unpack unpack_;
};

class HookedEngine final : public torch::autograd::Engine {
 public:
  ~HookedEngine() override { stop(); }
  std::unique_ptr<torch::autograd::SavedVariableHooks> get_default_saved_variable_hooks() override {
    const Pack* pack = SavedTensorHooks::innermost();
    return pack ? std::make_unique<Hooks>(*pack) : nullptr;
  }
};

torch::autograd::Engine& hooked_engine() {
  static HookedEngine engine;
  return engine;
}

void put_in_place() {
  using torch::autograd::Engine;
  Engine& present = Engine::get_default_engine();
  if (&present == &hooked_engine()) return;
  if (&present != &Engine::get_base_engine()) {
    throw EnvironmentError("saved-tensor hooks",
                           "got an autograd engine of another library (Python's?), expected "
                           "LibTorch's own; use the re-entrant engine of checkpoint()");
  }
  torch::autograd::set_default_engine_stub(hooked_engine);
}

}  // namespace

SavedTensorHooks::SavedTensorHooks(Pack pack) : pack_(std::move(pack)), outer_(innermost_hooks) {
  put_in_place();
  innermost_hooks = this;
}

SavedTensorHooks::~SavedTensorHooks() {
  innermost_hooks = outer_;
}

const Pack* SavedTensorHooks::innermost() {
  return innermost_hooks ? &innermost_hooks->pack_ : nullptr;
}

bool is_parameter(const torch::Tensor& tensor) {
  const torch::Tensor whole = tensor.is_view() ? torch::Tensor(tensor._base()) : tensor;
  return whole.is_leaf() && whole.requires_grad();
}

Pack offload_to(torch::Device device) {
  return [device](const torch::Tensor& tensor) -> Unpack {
    const torch::Tensor kept = is_parameter(tensor) ? tensor.detach() : tensor.detach().to(device);
    return [kept, home = tensor.device()] { return kept.to(home); };
  };
}

}  // namespace cairn::checkpointing
