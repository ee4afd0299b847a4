// The generated problems of long memory (data/memory_problems.h): what recurrent cells are told apart by.
#pragma once

#include "cairn/data/memory_problems.h"
#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/models/rnn/sequence_task.h"

namespace cairn::rnn {

/// The problem that model.task names, with T = data.length.
data::MemoryProblem memory_problem(const ModelConfig& model, int64_t length);
/// Features in; symbols, or one number, out.
Sizes sizes_of(const data::MemoryProblem& problem);

/// What the network predicts from x [B, T, D]: copy: logits [10, B, 8]; adding: sums [1, B, 1].
torch::Tensor answers(const SequenceRunner& runner, const data::MemoryProblem& problem, const torch::Tensor& x);

class MemoryTask : public SequenceTask {
 public:
  MemoryTask(LoadedModel loaded, DataConfig data, EvalConfig eval);

  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return split != data::Split::train; }
  /// copy: "nll" in nats a symbol and "accuracy"; adding: "mse" (1/6 for the best constant). Over 1,000 sequences drawn
  /// for the split; the same in every run.
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  std::string leading_metric() const override;
  std::string describe() const override;
  std::string data_licence() const override { return "generated"; }

 private:
  bool copies() const { return problem_.kind == data::MemoryProblem::Kind::copy; }

  data::MemoryProblem problem_;
};

}  // namespace cairn::rnn
