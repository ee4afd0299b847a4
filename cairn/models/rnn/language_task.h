// Language models: the next token from those before it, by truncated back-propagation through time over a text that is
// read on from batch to batch.
#pragma once

#include "cairn/models/rnn/sequence_task.h"
#include "cairn/train/carried_state.h"

namespace cairn::rnn {

class LanguageTask : public SequenceTask, public train::CarriedState {
 public:
  /// texts: [1 + n] tokens each (data/text_splits.h).
  LanguageTask(LoadedModel loaded, DataConfig data, EvalConfig eval, std::map<data::Split, torch::Tensor> texts);

  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  /// "loss" is minimised: "nll", nats a token, and the penalties of activations if there are some.
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return texts_.contains(split); }
  /// "nll" in nats a token, "perplexity" = exp(nll), "bits" = nll / ln 2; counted in tokens.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  std::string leading_metric() const override { return "nll"; }
  std::map<std::string, torch::Tensor> carried() const override;
  void carry(const std::map<std::string, torch::Tensor>& tensors) override;
  void write_samples(vision::Page& page) override;

 private:
  std::map<data::Split, torch::Tensor> texts_;
  StackState state_;  // where the training text has been read to; empty before the first batch
};

}  // namespace cairn::rnn
