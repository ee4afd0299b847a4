// A label at each step of a sequence of feature rows or words; online unless the network reads from both ends.
#pragma once

#include "cairn/data/labelled_sequences.h"
#include "cairn/models/rnn/sequence_task.h"

namespace cairn::rnn {

/// x [T, D] features as they are read, or [T] int64 words.
using SequenceSets = std::map<data::Split, std::vector<data::LabelledSequence>>;

/// The splits that `config` names.
SequenceSets load_sequence_sets(const DataConfig& config);
int64_t label_count(const std::vector<data::LabelledSequence>& sequences);
/// Mean and deviation of each feature over the training rows; a constant feature is left as it is.
void set_feature_scale(SequenceNetwork& network, const std::vector<data::LabelledSequence>& train);
/// Throws InputError, naming sequence and row, for features of another width and labels out of range.
void check_sets(const SequenceSets& sets, Sizes sizes);

class LabellingTask : public SequenceTask {
 public:
  LabellingTask(LoadedModel loaded, DataConfig data, EvalConfig eval, SequenceSets sets);

  /// Windows of `data.steps` steps, each from a state of zeros, every one once an epoch.
  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return sets_.contains(split); }
  /// "nll" in nats a step and "accuracy", over whole sequences; counted in steps.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  std::string leading_metric() const override { return "nll"; }
  void write_samples(vision::Page& page) override;

 private:
  SequenceSets sets_;
};

}  // namespace cairn::rnn
