// What the tasks of this room share: the network, its description, its place in the model folder.
#pragma once

#include <memory>

#include "cairn/models/transformer/model_factory.h"
#include "cairn/train/recipe.h"
#include "cairn/train/task.h"

namespace cairn::transformer {

class TransformerTask : public train::Task {
 public:
  TransformerTask(LoadedModel loaded, DataConfig data, EvalConfig eval)
      : loaded_(std::move(loaded)), data_(std::move(data)), eval_(eval) {}

  torch::nn::Module& network() override { return *loaded_.network; }
  Json model_config() const override { return loaded_.spec.to_json(); }
  std::string leading_metric() const override { return "nll"; }
  std::string describe() const override;
  std::string data_licence() const override;
  void write_extras(const std::filesystem::path& model_folder) const override;

 protected:
  /// Stages from `input` on that end in the losses: "loss", which is minimised (with label smoothing), and "nll", nats
  /// a token. `targets` [N] int64, -1 where nothing is predicted.
  train::StagedLosses staged_losses(nn::Chain states, nn::Activations input, torch::Tensor targets) const;
  /// Draws random features anew where the step says so.
  void redraw(const train::StepContext& context);
  /// How many examples of a split to measure; 0: all.
  int64_t limit_of(const train::EvaluateOptions& options) const;

  LoadedModel loaded_;
  DataConfig data_;
  EvalConfig eval_;
};

/// From a recipe: reads the data, learns the vocabulary, builds a fresh network.
std::unique_ptr<train::Task> make_task(const train::Recipe& recipe);
/// Over a trained model; `data` is a recipe's data section.
std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& data);

}  // namespace cairn::transformer
