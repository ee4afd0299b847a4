// The friendly face of recurrent networks: score and write text, label sequences, whole or a step at a time.
//
//   auto model = cairn::SequenceModel::load("path/to/model");
//   auto scores = model.score({"to be or not to be"});      // log-probability in nats, tokens
//   auto text = model.sample({.prefix = "KING", .length = 200});
//
//   auto state = online.start();                            // a model that labels, in a program's own loop
//   torch::Tensor p = online.step(state, frame);            // [D] features -> [C] probabilities
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/models/pipeline.h"
#include "cairn/models/rnn/sampling.h"

namespace cairn {

namespace rnn {
struct LoadedModel;
}

class SequenceModel : public Pipeline {
 public:
  /// Throws InputError if `folder` holds no such model.
  static SequenceModel load(const std::filesystem::path& folder);
  ~SequenceModel() override;
  SequenceModel(SequenceModel&&) noexcept;

  bool writes_text() const;  ///< a language model
  bool labels_words() const;
  int64_t width() const;  ///< features a row, or tokens

  struct Score {
    double log_probability = 0;  ///< nats, of the line and its end
    int64_t tokens = 0;          ///< the end counted
  };
  /// Each line by itself, as the first of a text. A line's score is the same bits whatever lines stand beside it.
  /// Throws InputError, naming the line, for unknown tokens (where the model refuses them) and for more than `most`
  /// tokens.
  std::vector<Score> score(const std::vector<std::string>& lines, int64_t most = 100000) const;
  /// Nats of each token of a text read as one, its last newline included.
  std::vector<double> surprise(const std::string& text) const;

  using SampleOptions = rnn::SampleOptions;
  std::string sample(const SampleOptions& options) const;

  /// features [T, D] -> probabilities [T, C]. Throws InputError for another width and, with its row, for a value that
  /// is not finite.
  torch::Tensor label(const torch::Tensor& features) const;
  /// The same of the words of a sentence, up to `most`: [T, C]; of none [0, C]. `place` names the sentence in errors. A
  /// model that labels words.
  torch::Tensor label(const std::vector<std::string>& words, const std::string& place, int64_t most = 100000) const;
  const std::vector<std::string>& label_names() const;  ///< [C]; of words

  /// The hidden states [T, n] of the last layer, which all models have. features as `label` takes them.
  torch::Tensor states(const torch::Tensor& features) const;

  /// What a model of a generated problem gives, and what is right, for `count` sequences: [count, 10] symbols, or
  /// [count, 1] sums.
  struct Solutions {
    torch::Tensor expected, answer;
  };
  struct SolveOptions {
    int64_t count = 5;
    int64_t length = 100;  ///< T
    int64_t seed = 0;
  };
  Solutions solve(const SolveOptions& options) const;

  /// What has been read so far. Copies are independent.
  struct State {
    rnn::StackState layers;
  };
  State start() const;
  /// Throws UsageError, with the reason, for a model that cannot answer a row before the next one is there.
  void require_online(const char* task) const;
  /// One row [D] of features -> [C] probabilities; the same bits as `label` gives. A model that labels online.
  torch::Tensor step(State& state, const torch::Tensor& features) const;
  /// One token -> [V] probabilities of the next.
  torch::Tensor step(State& state, int64_t token) const;

  std::vector<Command> commands() override;

 private:
  explicit SequenceModel(std::unique_ptr<rnn::LoadedModel> loaded);
  void require_text(const char* task) const;
  void require_labels(const char* task) const;
  std::vector<Command> text_commands();
  std::vector<Command> word_commands();
  std::vector<Command> feature_commands();
  std::vector<Command> problem_commands();
  torch::Tensor checked(const torch::Tensor& features) const;

  std::unique_ptr<rnn::LoadedModel> loaded_;
  std::unique_ptr<rnn::SequenceRunner> runner_;
};

}  // namespace cairn
