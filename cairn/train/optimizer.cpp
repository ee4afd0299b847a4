#include "cairn/train/optimizer.h"

#include <functional>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::train {

namespace {

using Active = Optimizer::Active;

void sgd(Active& a, double lr, const OptimizerOptions& o) {
  // A buffer of zeros makes the first step set it to the gradient, so the kernel's first-step case is not needed.
  at::_fused_sgd_(a.parameters, a.gradients, a.slots.empty() ? std::vector<torch::Tensor>{} : a.slots[0],
                  o.weight_decay, o.momentum, lr, /*dampening=*/0, o.nesterov, /*maximize=*/false,
                  /*is_first_step=*/false);
}

void adam(Active& a, double lr, const OptimizerOptions& o) {
  at::_fused_adam_(a.parameters, a.gradients, a.slots[0], a.slots[1], {}, a.steps, lr, o.beta1, o.beta2, o.weight_decay,
                   o.eps, /*amsgrad=*/false, /*maximize=*/false);
}

void adamw(Active& a, double lr, const OptimizerOptions& o) {
  at::_fused_adamw_(a.parameters, a.gradients, a.slots[0], a.slots[1], {}, a.steps, lr, o.beta1, o.beta2,
                    o.weight_decay, o.eps, /*amsgrad=*/false, /*maximize=*/false);
}

void adagrad(Active& a, double lr, const OptimizerOptions& o) {
  at::_fused_adagrad_(a.parameters, a.gradients, a.slots[0], a.steps, lr, /*lr_decay=*/0, o.weight_decay, o.eps,
                      /*maximize=*/false);
}

/// v = alpha v + (1 - alpha) g^2; p -= lr g / (sqrt(v) + eps), through a momentum buffer if there is one (Hinton's
/// lecture 6e).
void rmsprop(Active& a, double lr, const OptimizerOptions& o) {
  auto gradients = a.gradients;
  if (o.weight_decay != 0) gradients = at::_foreach_add(a.gradients, a.parameters, o.weight_decay);
  at::_foreach_mul_(a.slots[0], o.alpha);
  at::_foreach_addcmul_(a.slots[0], gradients, gradients, 1 - o.alpha);
  auto scale = at::_foreach_sqrt(a.slots[0]);
  at::_foreach_add_(scale, o.eps);
  if (o.momentum == 0) {
    at::_foreach_addcdiv_(a.parameters, gradients, scale, -lr);
    return;
  }
  at::_foreach_mul_(a.slots[1], o.momentum);
  at::_foreach_addcdiv_(a.slots[1], gradients, scale, 1);
  at::_foreach_add_(a.parameters, a.slots[1], -lr);
}

struct Method {
  std::vector<std::string> slots;
  std::function<void(Active&, double, const OptimizerOptions&)> update;
};

Method method_of(const OptimizerOptions& o) {
  const bool momentum = o.momentum != 0;
  if (o.kind == "sgd") return {momentum ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}, sgd};
  if (o.kind == "adam") return {{"exp_avg", "exp_avg_sq"}, adam};
  if (o.kind == "adamw") return {{"exp_avg", "exp_avg_sq"}, adamw};
  if (o.kind == "adagrad") return {{"sum"}, adagrad};
  if (o.kind == "rmsprop") {
    return {momentum ? std::vector<std::string>{"square_avg", "momentum"} : std::vector<std::string>{"square_avg"},
            rmsprop};
  }
  const std::vector<std::string> known = {"sgd", "adam", "adamw", "rmsprop", "adagrad"};
  throw UsageError("train.optimizer", got_expected(o.kind, join(known, ", ")) + did_you_mean(o.kind, known));
}

}  // namespace

OptimizerOptions OptimizerOptions::of(const TrainConfig& config) {
  return {.kind = config.optimizer,
          .momentum = config.momentum,
          .nesterov = config.nesterov,
          .beta1 = config.beta1,
          .beta2 = config.beta2,
          .alpha = config.alpha,
          .eps = config.eps,
          .weight_decay = config.weight_decay};
}

Optimizer::Optimizer(const torch::nn::Module& network, OptimizerOptions options) : options_(std::move(options)) {
  const auto slots = method_of(options_).slots;
  slots_.resize(slots.size());
  for (const auto& item : network.named_parameters()) {
    if (!item.value().requires_grad()) continue;
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    for (auto& slot : slots_) slot.push_back(torch::zeros_like(item.value(), torch::MemoryFormat::Contiguous).detach());
    steps_.push_back(torch::zeros({}, item.value().options().dtype(torch::kFloat32).requires_grad(false)));
  }
  if (parameters_.empty())
    throw UsageError("optimizer", got_expected("no parameter that requires a gradient", "at least one"));
}

Active Optimizer::active() const {
  Active a;
  a.slots.resize(slots_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const auto& gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    a.parameters.push_back(parameters_[i]);
    a.gradients.push_back(gradient.contiguous());  // the kernels walk raw memory
    for (size_t s = 0; s < slots_.size(); ++s) a.slots[s].push_back(slots_[s][i]);
    a.steps.push_back(steps_[i]);
  }
  return a;
}

void Optimizer::step(double lr) {
  const torch::NoGradGuard no_grad;
  Active a = active();
  if (a.parameters.empty()) return;
  at::_foreach_add_(a.steps, 1);
  method_of(options_).update(a, lr, options_);
}

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad().reset();
}

std::map<std::string, torch::Tensor> Optimizer::state() const {
  const auto slots = method_of(options_).slots;
  std::map<std::string, torch::Tensor> state;
  for (size_t i = 0; i < names_.size(); ++i) {
    for (size_t s = 0; s < slots.size(); ++s) state[slots[s] + "/" + names_[i]] = slots_[s][i];
    state["step/" + names_[i]] = steps_[i];
  }
  return state;
}

void Optimizer::load(const std::map<std::string, torch::Tensor>& saved, const std::string& source) {
  const torch::NoGradGuard no_grad;
  auto own = state();
  for (const auto& [name, tensor] : saved) {
    if (!own.count(name)) throw InputError(source, cat("unexpected tensor '", name, "'"));
  }
  for (auto& [name, tensor] : own) {
    const auto found = saved.find(name);
    if (found == saved.end()) throw InputError(source, cat("missing tensor '", name, "'"));
    if (found->second.sizes() != tensor.sizes()) {
      throw InputError(source, cat("tensor '", name, "': ", got_expected(found->second.sizes(), tensor.sizes())));
    }
  }
  for (auto& [name, tensor] : own) tensor.copy_(saved.at(name));
}

}  // namespace cairn::train
