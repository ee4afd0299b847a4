// The functions below stand at a dispatch key of LibTorch that nothing else uses; only while a FrozenStatistics lives
// are a thread's operators led past it, before autograd and autocast see them.
#include "cairn/train/checkpointing/statistics.h"

#include <torch/library.h>
#include <torch/types.h>

namespace cairn::checkpointing {

namespace {

constexpr auto kKey = c10::DispatchKey::TESTING_ONLY_GenericMode;

using c10::impl::ExcludeDispatchKeyGuard;
using Optional = std::optional<torch::Tensor>;

/// In training the running statistics are only written: throw-away copies do as well.
Optional copied(const Optional& statistics, bool training) {
  if (!training || !statistics || !statistics->defined()) return statistics;
  return statistics->detach().clone();
}

torch::Tensor batch_norm(const torch::Tensor& x, const Optional& weight, const Optional& bias, const Optional& mean,
                         const Optional& var, bool training, double momentum, double eps, bool cudnn) {
  const ExcludeDispatchKeyGuard past(kKey);
  return at::batch_norm(x, weight, bias, copied(mean, training), copied(var, training), training, momentum, eps, cudnn);
}

torch::Tensor instance_norm(const torch::Tensor& x, const Optional& weight, const Optional& bias, const Optional& mean,
                            const Optional& var, bool use_input_stats, double momentum, double eps, bool cudnn) {
  const ExcludeDispatchKeyGuard past(kKey);
  return at::instance_norm(x, weight, bias, copied(mean, use_input_stats), copied(var, use_input_stats),
                           use_input_stats, momentum, eps, cudnn);
}

bool is_counter(const torch::Tensor& tensor) {
  return tensor.dim() == 0 && at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false);
}

torch::Tensor& add_scalar(torch::Tensor& self, const at::Scalar& other, const at::Scalar& alpha) {
  const ExcludeDispatchKeyGuard past(kKey);
  return is_counter(self) ? self : self.add_(other, alpha);
}

torch::Tensor& add_tensor(torch::Tensor& self, const torch::Tensor& other, const at::Scalar& alpha) {
  const ExcludeDispatchKeyGuard past(kKey);
  return is_counter(self) ? self : self.add_(other, alpha);
}

}  // namespace

TORCH_LIBRARY_IMPL(_, TESTING_ONLY_GenericMode, m) {
  m.fallback(torch::CppFunction::makeFallthrough());
}

TORCH_LIBRARY_IMPL(aten, TESTING_ONLY_GenericMode, m) {
  m.impl("batch_norm", &batch_norm);
  m.impl("instance_norm", &instance_norm);
  m.impl("add_.Scalar", &add_scalar);
  m.impl("add_.Tensor", &add_tensor);
}

FrozenStatistics::FrozenStatistics() : guard_(kKey) {}

}  // namespace cairn::checkpointing
