// Translation: each token of the target from the source and the target's tokens before it.
#pragma once

#include "cairn/models/transformer/text_data.h"
#include "cairn/models/transformer/transformer_task.h"

namespace cairn::transformer {

struct TranslationData {
  ParallelTexts texts;
  PairSets pairs;
};

class TranslationTask : public TransformerTask {
 public:
  TranslationTask(LoadedModel loaded, DataConfig data, EvalConfig eval, TranslationData sets);

  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return sets_.pairs.contains(split); }
  /// "nll" in nats a token (without smoothing), "perplexity" = exp(nll), and "accuracy": the share of sentences of which
  /// every token is the likeliest one behind those before it, which are those that greedy decoding gives exactly. Counted
  /// in tokens.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;

 private:
  TranslationData sets_;
};

}  // namespace cairn::transformer
