#include "cairn/models/autoregressive/frequencies.h"

namespace cairn::autoregressive {

torch::Tensor logits_of(const torch::Tensor& frequencies, const ops::Variables& variables) {
  constexpr double kBound = 7;
  auto logits = frequencies.to(torch::kFloat64).clamp_min(1e-12).log();
  for (int64_t d = 0; d < variables.D(); ++d) {
    const int64_t begin = variables.offsets[d], end = begin + variables.levels[d] - 1;
    const auto rest = (1 - frequencies.slice(0, begin, end).sum().to(torch::kFloat64)).clamp_min(1e-12);
    logits.slice(0, begin, end).sub_(rest.log());
  }
  return logits.clamp(-kBound, kBound);
}

}  // namespace cairn::autoregressive
