#include "cairn/train/ema.h"

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::train {

Ema::Ema(const torch::nn::Module& network, double decay) : decay_(decay) {
  if (!(decay >= 0 && decay < 1)) throw UsageError("train.ema", got_expected(decay, "a decay between 0 and 1"));
  for (const auto& item : network.named_parameters()) {
    names_.push_back(item.key());
    weights_.push_back(item.value());
    averages_.push_back(item.value().detach().clone());
  }
}

void Ema::update() {
  const torch::NoGradGuard no_grad;
  const double t = static_cast<double>(updates_++);
  const double kept = decay_ > 0 ? std::min(decay_, (1 + t) / (10 + t)) : t / (t + 1);
  at::_foreach_lerp_(averages_, weights_, 1 - kept);
}

std::map<std::string, torch::Tensor> Ema::state() const {
  std::map<std::string, torch::Tensor> state;
  for (size_t i = 0; i < names_.size(); ++i) state[names_[i]] = averages_[i];
  return state;
}

void Ema::load(const std::map<std::string, torch::Tensor>& state, int64_t updates, const std::string& source) {
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto found = state.find(names_[i]);
    if (found == state.end()) throw InputError(source, cat("missing tensor '", names_[i], "'"));
    if (found->second.sizes() != averages_[i].sizes()) {
      throw InputError(source,
                       cat("tensor '", names_[i], "': ", got_expected(found->second.sizes(), averages_[i].sizes())));
    }
    averages_[i].copy_(found->second);
  }
  updates_ = updates;
}

void Ema::swap() {
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto kept = weights_[i].clone();
    weights_[i].copy_(averages_[i]);
    averages_[i].copy_(kept);
  }
}

}  // namespace cairn::train
