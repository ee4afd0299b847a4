#include "cairn/train/checkpointing/kept_outputs.h"

#include <torch/library.h>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/conditions.h"

namespace cairn::checkpointing {

// Present in every LibTorch since 1.11 for fake tensors of other libraries, below autograd and above all backends.
constexpr auto kKey = c10::DispatchKey::Fake;

const Operators& products() {
  static const Operators names{
      "aten::mm",
      "aten::addmm",
      "aten::bmm",
      "aten::baddbmm",
      "aten::linear",
      "aten::mkldnn_linear",
      "aten::convolution",
      "aten::mkldnn_convolution",
      "aten::_scaled_dot_product_flash_attention_for_cpu",
      "aten::_scaled_dot_product_flash_attention",
      "aten::_scaled_dot_product_efficient_attention",
      "aten::_scaled_dot_product_cudnn_attention",
  };
  return names;
}

namespace {

std::vector<torch::Tensor> tensors_of(const torch::jit::Stack& stack, size_t count) {
  std::vector<torch::Tensor> tensors;
  for (const auto& value : torch::jit::last(stack, count)) {
    if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
  }
  return tensors;
}

/// Whether every output is a tensor of its own, or a number.
bool gives_tensors_of_its_own(const c10::FunctionSchema& schema) {
  if (schema.is_mutable()) return false;
  for (const auto& output : schema.returns()) {
    if (output.alias_info() || output.type()->kind() == c10::TypeKind::ListType) return false;
  }
  return true;
}

}  // namespace

KeptOutputs::KeptOutputs(Operators operators, std::string region)
    : operators_(std::move(operators)), region_(std::move(region)) {}

void KeptOutputs::refuse(const std::string& message) const {
  throw UsageError(region_, message);
}

template <class Compute>
void KeptOutputs::call(Mode mode, const c10::OperatorHandle& op, torch::jit::Stack& stack, const Compute& compute) {
  if (!gives_tensors_of_its_own(op.schema())) {
    refuse(cat("cannot keep ", op.schema().name(), ": its outputs are views, lists or its inputs"));
  }
  if (mode == Mode::replay) return replay(op, stack);
  Conditions conditions(tensors_of(stack, op.schema().arguments().size()));
  compute();
  conditions.drop_unused();
  if (!conditions.generators().empty()) refuse(cat("cannot keep ", op.schema().name(), ": it draws random numbers"));
  record(op, stack);
}

void KeptOutputs::record(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  Call call{op.schema().name(), {}};
  for (const auto& value : torch::jit::last(stack, op.schema().returns().size())) {
    if (!value.isTensor() || !value.toTensor().defined()) {
      call.outputs.push_back({value, {}, 0});
      continue;
    }
    const torch::Tensor tensor = value.toTensor();
    const auto& version = tensor.unsafeGetTensorImpl()->version_counter();
    call.outputs.push_back({tensor.detach(), version, version.enabled() ? version.current_version() : 0});
  }
  calls_.push_back(std::move(call));
}

void KeptOutputs::replay(const c10::OperatorHandle& op, torch::jit::Stack& stack) {
  const std::string& name = op.schema().name();
  if (next_ == calls_.size() || calls_[next_].name != name) {
    const std::string expected = next_ == calls_.size() ? "no further kept operator" : calls_[next_].name;
    refuse(cat("recomputed: ", got_expected(name, expected), "; it must do the same operations each time"));
  }
  torch::jit::drop(stack, op.schema().arguments().size());
  for (const Output& output : calls_[next_].outputs) {
    if (output.version.enabled() && output.version.current_version() != output.recorded) {
      refuse(cat("the kept output of ", name, " was changed in place; change a copy, or do not keep ", name));
    }
    const bool defined = output.value.isTensor() && output.value.toTensor().defined();
    stack.push_back(defined ? at::IValue(output.value.toTensor().detach()) : output.value);
  }
  ++next_;
}

void hear(const c10::OperatorHandle& op, c10::DispatchKeySet keys, torch::jit::Stack* stack) {
  const auto below = keys & c10::DispatchKeySet(c10::DispatchKeySet::FULL_AFTER, kKey);
  const Listening::State state = Listening::present();
  const c10::impl::ExcludeDispatchKeyGuard inside_an_operator(kKey);
  const auto compute = [&] { op.redispatchBoxed(below, stack); };
  if (!state.outputs || !state.outputs->chooses(op.schema().name())) return compute();
  state.outputs->call(state.mode, op, *stack, compute);
}

namespace {

/// Not before someone listens: another library may have a use of its own for the key.
void put_in_place() {
  static const torch::Library library = [] {
    try {
      torch::Library own(torch::Library::IMPL, "_", kKey, __FILE__, __LINE__);
      own.fallback(torch::CppFunction::makeFromBoxedFunction<&hear>());
      return own;
    } catch (const c10::Error&) {
      throw EnvironmentError("checkpoint",
                             "got a process in which another library has taken the dispatch key Fake, "
                             "expected it free; checkpoint without keeping outputs");
    }
  }();
}

}  // namespace

Listening::State& Listening::present() {
  static thread_local State state;
  return state;
}

Listening::Listening(KeptOutputs& outputs, KeptOutputs::Mode mode) : before_(present()) {
  if (outputs.empty()) {
    present() = {};
    return;
  }
  put_in_place();
  outputs.rewind();
  present() = {&outputs, mode};
  on_.emplace(kKey);
}

Listening::~Listening() {
  present() = before_;
}

}  // namespace cairn::checkpointing
