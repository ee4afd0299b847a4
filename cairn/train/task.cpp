#include "cairn/train/task.h"

#include "cairn/base/error.h"

namespace cairn::train {

Losses StagedLosses::named(const nn::Activations& outputs) const {
  if (outputs.size() != names.size()) {
    throw UsageError("stages", got_expected(cat("a last stage with ", outputs.size(), " outputs"), names.size()));
  }
  Losses losses;
  for (size_t i = 0; i < names.size(); ++i) losses.emplace_back(names[i], outputs[i]);
  return losses;
}

Losses Task::losses(const data::Batch& batch, const StepContext& context) {
  const auto staged = stages(batch, context);
  if (!staged) throw UsageError("task", got_expected("neither losses nor stages", "one of them"));
  return staged->named(staged->chain.forward(staged->input));
}

std::optional<StagedLosses> Task::stages(const data::Batch& /*batch*/, const StepContext& /*context*/) {
  return std::nullopt;
}

}  // namespace cairn::train
