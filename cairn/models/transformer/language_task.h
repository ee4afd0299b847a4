// Language models: the next token from those before it in a window of the text.
#pragma once

#include <map>

#include "cairn/models/transformer/transformer_task.h"

namespace cairn::transformer {

class LanguageTask : public TransformerTask {
 public:
  /// texts: [1 + n] tokens each (data/text_splits.h). Throws UsageError for windows longer than the model's positions.
  LanguageTask(LoadedModel loaded, DataConfig data, EvalConfig eval, std::map<data::Split, torch::Tensor> texts);

  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return texts_.contains(split); }
  /// "nll" in nats a token, "perplexity" = exp(nll), "bits" = nll / ln 2, over windows of `data.steps` tokens that lie
  /// side by side: a token is predicted from those before it in its window. Counted in tokens.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;

 private:
  std::map<data::Split, torch::Tensor> texts_;
};

}  // namespace cairn::transformer
