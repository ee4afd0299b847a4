#include "cairn/train/checkpointing/execute.h"

#include <memory>
#include <optional>
#include <set>

#include <ATen/SequenceNumber.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/conditions.h"
#include "cairn/train/checkpointing/fingerprint.h"
#include "cairn/train/checkpointing/parameters.h"
#include "cairn/train/checkpointing/reentrant.h"
#include "cairn/train/checkpointing/walk.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// A stage's graph of its own.
struct Tape {
  Activations inputs, outputs;
  uint64_t since = 0;  ///< autograd's sequence number at its begin
};

/// What a stage's first forward was like.
struct First {
  Conditions conditions;
  Fingerprint output;
};

/// One pass through a chain; lives as long as the graph that it is a node of.
class Execution : public torch::CustomClassHolder {
 public:
  Execution(Chain chain, Schedule schedule, const Activations& input, ExecuteOptions options)
      : chain_(std::move(chain)),
        schedule_(std::move(schedule)),
        options_(options),
        walk_(chain_.size()),
        values_(chain_.size() + 1),
        versions_(chain_.size() + 1),
        tapes_(chain_.size() + 1),
        first_(chain_.size() + 1) {
    for (const auto& tensor : input) wants_gradient_.push_back(tensor.defined() && tensor.requires_grad());
    for (const auto& tensor : input) values_[0].push_back(tensor.defined() ? tensor.detach() : tensor);
    versions_[0] = Versions(values_[0]);
  }

  /// Up to the first backward.
  Activations forward_part() {
    while (schedule_[next_].kind != Kind::backward) forward(schedule_[next_++]);
    Activations output;
    for (const auto& tensor : values_[chain_.size()]) output.push_back(tensor.detach());
    return output;
  }

  variable_list backward_part(Activations gradients) {
    if (next_ == schedule_.size()) {
      throw UsageError("execute", "got a second backward, expected one: what it needs has been dropped");
    }
    for (; next_ < schedule_.size(); ++next_) {
      const Operation& operation = schedule_[next_];
      operation.kind == Kind::backward ? backward(operation, gradients) : forward(operation);
    }
    parameters_.finish(options_.keep_gradients);
    values_.clear();
    return gradients;
  }

 private:
  std::string name(size_t l) const { return cat("stage ", l, " '", chain_.stage(l).name, "'"); }

  void forward(const Operation& operation) {
    const size_t l = operation.stage;
    if (options_.observer) options_.observer->begins(operation);
    versions_[l - 1].check(values_[l - 1], name(l));
    Activations output = first_[l] ? again(operation) : for_the_first_time(operation);
    versions_[l - 1].check(values_[l - 1], name(l));
    if (options_.observer) {
      options_.observer->ran_forward(operation, values_[l - 1], output, first_[l]->conditions.bytes());
    }
    values_[l] = std::move(output);
    versions_[l] = Versions(values_[l]);
    move_on(operation);
  }

  Activations for_the_first_time(const Operation& operation) {
    Conditions conditions(values_[operation.stage - 1]);
    Activations output = computed(operation);
    conditions.drop_unused();
    first_[operation.stage].emplace(First{std::move(conditions), Fingerprint(output, {.values = options_.verify})});
    return output;
  }

  Activations again(const Operation& operation) {
    const First& first = *first_[operation.stage];
    const Reenactment reenactment(first.conditions);
    Activations output = computed(operation);
    first.output.check(output, name(operation.stage));
    return output;
  }

  /// The stage's output, without history.
  Activations computed(const Operation& operation) {
    const size_t l = operation.stage;
    const OwnAutocastCache cache;
    if (operation.kind != Kind::forward_taping) {
      const torch::NoGradGuard no_grad;
      return chain_.stage(l).forward(values_[l - 1]);
    }
    const torch::AutoGradMode with_gradient(true);
    Tape tape{.inputs = detached(values_[l - 1]), .outputs = {}, .since = at::sequence_number::peek()};
    for (size_t i = 0; i < tape.inputs.size(); ++i) {
      auto& input = tape.inputs[i];
      const bool wanted = l == 1 ? wants_gradient_[i] : true;
      if (input.defined() && input.is_floating_point()) input.requires_grad_(wanted);
    }
    tape.outputs = taped_forward(l, tape.inputs);
    Activations output;
    for (const auto& tensor : tape.outputs) output.push_back(tensor.defined() ? tensor.detach() : tensor);
    tapes_[l].emplace(std::move(tape));
    return output;
  }

  /// LibTorch refuses in-place changes of a graph's beginning in words that do not name the stage.
  Activations taped_forward(size_t l, const Activations& inputs) const {
    try {
      return chain_.stage(l).forward(inputs);
    } catch (const c10::Error& error) {
      const std::string what = error.what_without_backtrace();
      if (what.find("a leaf Variable that requires grad") == std::string::npos) throw;
      throw UsageError(name(l), "changes one of its inputs in place; it must change a copy (LibTorch: " + what + ")");
    }
  }

  /// `gradients` of the stage's outputs become those of its inputs.
  void backward(const Operation& operation, Activations& gradients) {
    const size_t l = operation.stage;
    if (options_.observer) options_.observer->begins(operation);
    {
      const Tape& tape = *tapes_[l];
      Roots roots = roots_of(tape.outputs, gradients);
      gradients.clear();
      int64_t made = 0;
      if (!roots.outputs.empty()) {
        const auto uses = parameters_behind(roots.outputs, tape.inputs, tape.since, name(l));
        made = parameters_.backward(std::move(roots.outputs), std::move(roots.gradients), uses);
      }
      for (const auto& input : tape.inputs) gradients.push_back(input.defined() ? input.grad() : torch::Tensor());
      if (options_.observer) options_.observer->ran_backward(operation, made);
    }
    tapes_[l].reset();
    move_on(operation);
  }

  /// Drops what the operation leaves unneeded.
  void move_on(const Operation& operation) {
    const std::set<size_t> touched{operation.stage - 1, operation.stage, walk_.current()};
    walk_.step(operation);
    for (const size_t l : touched) {
      if (!walk_.lives(l)) values_[l].clear();
    }
  }

  Chain chain_;
  Schedule schedule_;
  ExecuteOptions options_;
  std::vector<bool> wants_gradient_;
  size_t next_ = 0;  // in the schedule
  Walk walk_;
  std::vector<Activations> values_;  // a^l where it lives
  std::vector<Versions> versions_;
  std::vector<std::optional<Tape>> tapes_;
  std::vector<std::optional<First>> first_;
  ParameterGradients parameters_;
};

struct ExecuteFunction : torch::autograd::Function<ExecuteFunction> {
  /// `anchor` requires a gradient, so that parameters get theirs also where no input requires one.
  static variable_list forward(AutogradContext* ctx, const c10::intrusive_ptr<Execution>& execution,
                               at::TensorList /*input*/, const torch::Tensor& /*anchor*/) {
    ctx->set_materialize_grads(false);
    ctx->saved_data["execution"] = c10::IValue::make_capsule(execution);
    const Activations output = execution->forward_part();
    variable_list fixed;
    for (const auto& tensor : output) {
      if (!tensor.is_floating_point()) fixed.push_back(tensor);
    }
    ctx->mark_non_differentiable(fixed);
    return output;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto capsule = ctx->saved_data.at("execution").toCapsule();
    variable_list result(1);  // none for `execution`
    for (auto& gradient : static_cast<Execution&>(*capsule).backward_part(gradients)) result.push_back(gradient);
    result.emplace_back();  // nor for the anchor
    return result;
  }
};

}  // namespace

Activations execute(const Chain& chain, const Schedule& schedule, const Activations& input,
                    const ExecuteOptions& options) {
  if (!torch::GradMode::is_enabled()) return chain.forward(input);
  check(schedule, chain.size());
  const auto execution = c10::make_intrusive<Execution>(chain, schedule, input, options);
  return ExecuteFunction::apply(execution, at::TensorList(input), torch::empty({0}, torch::requires_grad()));
}

}  // namespace cairn::checkpointing
