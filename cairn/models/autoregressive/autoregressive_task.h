// How the models of this room train and are measured: nats an example; accuracy too for joint models.
#pragma once

#include <map>
#include <memory>

#include "cairn/models/autoregressive/autoregressive_data.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/train/recipe.h"
#include "cairn/train/task.h"

namespace cairn::autoregressive {

class AutoregressiveTask : public train::Task {
 public:
  struct Parts {
    LoadedModel loaded;
    std::map<data::Split, DataSet> sets;
    DataConfig data;
    EvalConfig eval;
  };
  explicit AutoregressiveTask(Parts parts);

  torch::nn::Module& network() override { return *parts_.loaded.model; }
  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override;
  std::optional<train::StagedLosses> stages(const data::Batch& batch, const train::StepContext& context) override;
  train::Losses losses(const data::Batch& batch, const train::StepContext& context) override;
  bool has(data::Split split) const override { return parts_.sets.count(split) > 0; }
  /// "nll": nats an example, with "nll_95" half the width of its 95 % interval; joint models add "accuracy".
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  std::string leading_metric() const override { return "nll"; }
  void after_step() override { parts_.loaded.model->after_step(); }
  Json model_config() const override { return parts_.loaded.spec.to_json(); }
  std::string describe() const override;
  std::string data_licence() const override;
  void write_samples(vision::Page& page) override;

 private:
  std::string loss_name() const;

  Parts parts_;
};

/// From a recipe: reads the data, builds a fresh network, starts its output biases at the data's frequencies.
std::unique_ptr<train::Task> make_task(const train::Recipe& recipe);
/// Over a trained model; `data` is a recipe's data section.
std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& data);

}  // namespace cairn::autoregressive
