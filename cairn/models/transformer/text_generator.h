// The friendly face of language models: score and write text.
//
//   auto generator = cairn::TextGenerator::load("path/to/model");
//   auto scores = generator.score({"to be or not to be"});                  // log-probability in nats, tokens
//   auto text = generator.sample({.prefix = "KING", .length = 200});
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cairn/models/pipeline.h"
#include "cairn/models/transformer/sampling.h"
#include "cairn/models/transformer/text_score.h"
#include "cairn/text/text_source.h"

namespace cairn {

namespace transformer {
struct LoadedModel;
class TransformerRunner;
}  // namespace transformer

class TextGenerator : public Pipeline {
 public:
  /// Throws InputError if `folder` holds no such model.
  static TextGenerator load(const std::filesystem::path& folder);
  explicit TextGenerator(transformer::LoadedModel loaded);
  ~TextGenerator() override;
  TextGenerator(TextGenerator&&) noexcept;

  /// Each line by itself, as the first of a text: the same bits whatever lines stand beside it. Throws InputError
  /// naming the line for tokens that the model refuses and for more of them than `limit` or the model's positions, the
  /// end counted. `batch` lines side by side.
  struct ScoreOptions {
    int64_t limit = 100000;
    int64_t batch = 32;
  };
  std::vector<TextScore> score(const std::vector<std::string>& lines, const ScoreOptions& options) const;
  std::vector<TextScore> score(const std::vector<std::string>& lines) const { return score(lines, ScoreOptions()); }

  struct WholeScore : TextScore {
    int64_t state_bytes = 0;  ///< what the network held of the text at its end
  };
  /// All lines as one text, each with its end, in one pass. The memory that it takes is the network's state and a piece
  /// of the text. Throws InputError as above; `model.max_length` is the only limit.
  WholeScore score_whole(text::LineReader lines) const;

  struct SampleOptions {
    std::string prefix;    ///< what the text goes on from; its lines end in newlines
    int64_t length = 200;  ///< tokens to write
    transformer::SamplingOptions drawn;
  };
  /// The prefix and what follows it. Where the model's positions are used up, it goes on from the last half of them.
  std::string sample(const SampleOptions& options) const;

  std::vector<Command> commands() override;

 private:
  std::unique_ptr<transformer::LoadedModel> loaded_;
  std::unique_ptr<transformer::TransformerRunner> runner_;
};

}  // namespace cairn
