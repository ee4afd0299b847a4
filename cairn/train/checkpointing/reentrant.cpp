#include "cairn/train/checkpointing/reentrant.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/conditions.h"
#include "cairn/train/checkpointing/fingerprint.h"

namespace cairn::checkpointing {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What the backward needs besides the inputs' values, which autograd saves.
struct Remembered : torch::CustomClassHolder {
  Remembered(Region region, const CheckpointOptions& chosen)
      : f(std::move(region)), options(chosen), kept(chosen.keep, chosen.name) {}

  Region f;
  CheckpointOptions options;
  std::optional<Conditions> conditions;
  KeptOutputs kept;
  std::vector<bool> wants_gradient;
  Fingerprint outputs;
};

bool differentiable(const torch::Tensor& tensor) {
  return tensor.defined() && (tensor.is_floating_point() || tensor.is_complex());
}

/// `inputs`, but an output that is an input itself becomes a tensor of its own.
Activations distinct(const Activations& outputs, at::TensorList inputs) {
  Activations own = outputs;
  for (auto& output : own) {
    for (const auto& input : inputs) {
      if (output.defined() && output.is_same(input)) output = output.view_as(output);
    }
  }
  return own;
}

struct Reentrant : torch::autograd::Function<Reentrant> {
  /// `anchor` requires a gradient, so that the parameters get theirs also where no input requires one.
  static variable_list forward(AutogradContext* ctx, const c10::intrusive_ptr<Remembered>& remembered,
                               at::TensorList inputs, const torch::Tensor& /*anchor*/) {
    ctx->set_materialize_grads(false);
    Remembered& r = *remembered;
    r.conditions.emplace(inputs.vec());
    Activations outputs;
    {
      const OwnAutocastCache cache;
      const Listening listening(r.kept, KeptOutputs::Mode::record);
      outputs = distinct(r.f(inputs.vec()), inputs);
    }
    r.conditions->drop_unused();
    r.outputs = Fingerprint(outputs, {.values = r.options.verify});
    ctx->save_for_backward(inputs.vec());
    ctx->saved_data["remembered"] = c10::IValue::make_capsule(remembered);
    variable_list fixed;
    for (const auto& output : outputs) {
      if (!differentiable(output)) fixed.push_back(output);
    }
    ctx->mark_non_differentiable(fixed);
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto capsule = ctx->saved_data.at("remembered").toCapsule();
    auto& r = static_cast<Remembered&>(*capsule);
    if (!torch::autograd::Engine::get_default_engine().is_checkpoint_valid()) {
      throw UsageError(r.options.name,
                       "got grad(), expected backward(): the re-entrant engine gives parameters their "
                       "gradients only in a backward(); Engine::saved_tensors does both");
    }
    const auto inputs = detached(saved_inputs(ctx, r));
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i].defined()) inputs[i].requires_grad_(r.wants_gradient[i]);
    }
    Roots roots;
    {
      const torch::AutoGradMode with_gradient(true);
      const Reenactment reenactment(*r.conditions);
      const Listening listening(r.kept, KeptOutputs::Mode::replay);
      const Activations outputs = r.f(inputs);
      r.outputs.check(outputs, r.options.name);
      roots = roots_of(outputs, gradients);
    }
    if (!roots.outputs.empty()) torch::autograd::backward(roots.outputs, roots.gradients);
    variable_list result(1);  // none for `remembered`
    for (const auto& input : inputs) result.push_back(input.defined() ? input.grad() : torch::Tensor());
    result.emplace_back();  // nor for the anchor
    return result;
  }

  static variable_list saved_inputs(AutogradContext* ctx, const Remembered& r) {
    try {
      return ctx->get_saved_variables();
    } catch (const c10::Error& error) {
      const std::string what = error.what_without_backtrace();
      if (what.find("inplace") == std::string::npos) throw;
      throw UsageError(r.options.name,
                       "an input was changed in place after the forward, so that the forward cannot be "
                       "made again; change a copy (LibTorch: " +
                           what + ")");
    }
  }
};

}  // namespace

Activations detached(const Activations& inputs) {
  Activations copies;
  for (const auto& input : inputs) {
    copies.push_back(input.defined() ? input.detach() : input);
    if (input.defined()) copies.back().requires_grad_(input.requires_grad());
  }
  return copies;
}

Roots roots_of(const Activations& outputs, const std::vector<torch::Tensor>& gradients) {
  Roots roots;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!gradients[i].defined() || !outputs[i].defined() || !outputs[i].requires_grad()) continue;
    roots.outputs.push_back(outputs[i]);
    roots.gradients.push_back(gradients[i]);
  }
  return roots;
}

Activations checkpoint_reentrant(const Region& f, const Activations& inputs, const CheckpointOptions& options) {
  auto remembered = c10::make_intrusive<Remembered>(f, options);
  for (const auto& input : inputs) remembered->wants_gradient.push_back(input.defined() && input.requires_grad());
  return Reentrant::apply(remembered, at::TensorList(inputs), torch::empty({0}, torch::requires_grad()));
}

}  // namespace cairn::checkpointing
