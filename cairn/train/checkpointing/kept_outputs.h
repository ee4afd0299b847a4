// Selective saving: the outputs of chosen operators stay, and the second forward takes them instead of computing them
// again. Products and attention are dear to compute, and their outputs are few beside what lies between them.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <ATen/core/ivalue.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// Names of operators as LibTorch's dispatcher has them, "aten::mm".
using Operators = std::unordered_set<std::string>;

/// Matrix products, convolutions and fused attention, by the names they have below autograd.
const Operators& products();

/// What the chosen operators gave during one forward, in order. Kept values are detached: they hold no graph.
///
/// It listens below autograd, on a dispatch key that LibTorch leaves unused. So autograd records the second forward as
/// any other, while the kernels of chosen operators do not run.
class KeptOutputs {
 public:
  enum class Mode { record, replay };

  KeptOutputs(Operators operators, std::string region);
  bool empty() const { return operators_.empty(); }

  /// What a chosen operator does under `mode`: `compute` leaves its outputs on the stack. Throws UsageError, naming the
  /// region, for operators that give no tensors of their own or draw random numbers, for a replay that calls others
  /// than were recorded, and where a kept output was changed in place.
  template <class Compute>
  void call(Mode mode, const c10::OperatorHandle& op, torch::jit::Stack& stack, const Compute& compute);
  bool chooses(const std::string& name) const { return operators_.contains(name); }
  void rewind() { next_ = 0; }

 private:
  struct Output {
    at::IValue value;
    c10::VariableVersion version;  ///< of the tensor that the forward has
    uint32_t recorded = 0;
  };
  struct Call {
    std::string name;
    std::vector<Output> outputs;
  };
  void record(const c10::OperatorHandle& op, const torch::jit::Stack& stack);
  void replay(const c10::OperatorHandle& op, torch::jit::Stack& stack);
  [[noreturn]] void refuse(const std::string& message) const;

  Operators operators_;
  std::string region_;
  std::vector<Call> calls_;
  size_t next_ = 0;  // to be replayed
};

/// While it lives, the chosen operators of this thread are recorded or replayed. The innermost one has its way alone;
/// with `outputs` empty it does neither.
class Listening {
 public:
  Listening(KeptOutputs& outputs, KeptOutputs::Mode mode);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  struct State {
    KeptOutputs* outputs = nullptr;
    KeptOutputs::Mode mode = KeptOutputs::Mode::record;
  };
  static State& present();
  friend void hear(const c10::OperatorHandle& op, c10::DispatchKeySet keys, torch::jit::Stack* stack);

  State before_;
  std::optional<c10::impl::IncludeDispatchKeyGuard> on_;
};

}  // namespace cairn::checkpointing
