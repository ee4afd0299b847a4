// How word2vec trains and is measured. Its updates are not autograd's: the loop is rounds.h, on the same run folder,
// checkpoints, log, recipe and report as every system.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/evaluation.h"
#include "cairn/models/word2vec/examples.h"
#include "cairn/models/word2vec/parameters.h"
#include "cairn/models/word2vec/word2vec_config.h"
#include "cairn/train/learner.h"
#include "cairn/train/recipe.h"

namespace cairn::word2vec {

class Word2VecLearner : public train::Learner {
 public:
  struct Parts {
    ModelConfig model;
    DataConfig data;
    EvalConfig eval;
    std::optional<Corpus> corpus;  ///< none for a trained model that is only measured
    Vocabulary vocabulary;
    Sampling sampling;
    Parameters parameters;               ///< in training
    std::optional<WordVectors> vectors;  ///< a trained model's
    WordTests valid, test;
  };
  explicit Word2VecLearner(Parts parts) : parts_(std::move(parts)) {}

  train::TrainResult run(const train::TrainConfig& config, train::RunFolder& folder) override;
  bool has(data::Split split) const override;
  train::Evaluation evaluate(const train::EvaluateOptions& options) override;
  Json model_config() const override;
  std::string describe() const override;
  std::string data_licence() const override;
  void write_samples(vision::Page& page) override;

  Parts& parts() { return parts_; }
  /// "vectors", "words", "counts", "output", with subwords "ngrams" and "input" (the words' own rows).
  io::TensorMap tensors() const;
  /// Throws InputError naming `source` for tensors of another training.
  void load(const io::TensorMap& tensors, const std::string& source);

 private:
  /// The vectors as they are now.
  WordVectors current() const;
  const WordTests& tests(data::Split split) const { return split == data::Split::valid ? parts_.valid : parts_.test; }

  Parts parts_;
};

/// From a recipe: reads the text once for its vocabulary, and starts the vectors (from model.start where given).
std::unique_ptr<train::Learner> make_learner(const train::Recipe& recipe);
/// Over a trained model; `data` is a recipe's data section.
std::unique_ptr<train::Learner> make_evaluator(const std::filesystem::path& model_folder, const Document& data);

}  // namespace cairn::word2vec
