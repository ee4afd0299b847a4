// What the tasks of this room share: the network, its description, its place in the model folder.
#pragma once

#include <memory>

#include "cairn/models/rnn/model_factory.h"
#include "cairn/train/recipe.h"
#include "cairn/train/task.h"

namespace cairn::rnn {

class SequenceTask : public train::Task {
 public:
  SequenceTask(LoadedModel loaded, DataConfig data, EvalConfig eval)
      : loaded_(std::move(loaded)), data_(std::move(data)), eval_(eval) {}

  torch::nn::Module& network() override { return *loaded_.network; }
  Json model_config() const override { return loaded_.spec.to_json(); }
  std::string describe() const override;
  std::string data_licence() const override;
  void write_extras(const std::filesystem::path& model_folder) const override;

 protected:
  struct Loss {
    std::string name;
    std::function<torch::Tensor(const torch::Tensor& h)> of;  ///< h [T, B, n] -> []
  };
  /// The network's stages on x and a last one that gives the loss. Where activations are penalised, "loss" is the sum
  /// that is minimised and stands before it.
  train::StagedLosses staged_losses(SequenceNetwork::Staged network, const torch::Tensor& x, const Loss& loss) const;

  LoadedModel loaded_;
  DataConfig data_;
  EvalConfig eval_;
};

/// From a recipe: reads the data, learns the vocabulary, builds a fresh network.
std::unique_ptr<train::Task> make_task(const train::Recipe& recipe);
/// Over a trained model; `data` is a recipe's data section.
std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& data);

}  // namespace cairn::rnn
