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
  /// "nll" in nats a token (without smoothing), "perplexity" = exp(nll), and "accuracy": the share of sentences of
  /// which every token is the likeliest one behind those before it, which are those that greedy decoding gives exactly.
  /// Counted in tokens. Where eval.bleu says so, and not of generated problems, also "bleu" and "bleu_lowercase": of
  /// beam search, with sacreBLEU's 13a.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  std::string leading_metric() const override { return eval_.leading; }
  bool lower_is_better() const override { return eval_.leading == "nll"; }
  /// Some sentences with their translations.
  void write_samples(vision::Page& page) override;

 private:
  bool measures_bleu(const train::EvaluateOptions& options) const;
  void add_bleu(const data::ParallelText& text, int64_t lines, train::Evaluation& result) const;

  TranslationData sets_;
};

}  // namespace cairn::transformer
