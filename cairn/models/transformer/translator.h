// The friendly face of translation models: translate sentences, score translations.
//
//   auto translator = cairn::Translator::load("path/to/model");
//   for (const auto& best : translator.translate({"A dog runs.", ""})) std::cout << best[0].text << '\n';
//
//   cairn::TranslationQueue queue(translator);   // many threads hand in a line each; what waits is translated together
//   std::string text = queue.submit("A dog runs.").get().text;
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/batch_queue.h"
#include "cairn/models/pipeline.h"
#include "cairn/models/transformer/beam_search.h"
#include "cairn/models/transformer/sampling.h"
#include "cairn/models/transformer/text_score.h"

namespace cairn {

namespace transformer {
struct LoadedModel;
class TransformerRunner;
}  // namespace transformer

/// A length that goes with a source's: a * tokens + b, the source's end counted, to the nearest whole number.
struct LengthRule {
  double a = 0;
  double b = 0;
  int64_t operator()(int64_t source) const;
};

enum class LongSentence { refuse, cut };

struct TranslateOptions {
  transformer::BeamOptions search;  ///< beam 4 and Wu et al.'s penalty of 0.6, as the paper's section 6.1
  std::optional<transformer::SamplingOptions> drawn;  ///< drawn by these, not searched
  std::string prefix;                                 ///< what each translation begins with
  LengthRule least;                                   ///< tokens before a translation may end
  LengthRule most{1, 50};                             ///< tokens it may have, as far as the model has positions
  int64_t limit = 100000;                      ///< tokens a source may have, the end counted; at most the model's
  LongSentence longer = LongSentence::refuse;  ///< what becomes of one that has more
  int64_t batch = 32;                          ///< sentences side by side
};

struct Translation {
  std::string text;
  double score = 0;            ///< log_probability over the length penalty
  double log_probability = 0;  ///< nats, of all tokens and the end
  int64_t tokens = 0;          ///< the end counted; 0 of an empty source
};

/// Where the decoder looks in a source while it gives each token of a translation.
struct AttentionMap {
  std::vector<std::string> source, target;  ///< tokens as people read them, the ends too
  torch::Tensor weights;                    ///< [layers, heads, target, source] fp32, >= 0; each row sums to 1
};

class Translator : public Pipeline {
 public:
  /// Throws InputError if `folder` holds no such model.
  static Translator load(const std::filesystem::path& folder);
  explicit Translator(transformer::LoadedModel loaded);
  ~Translator() override;
  Translator(Translator&&) noexcept;

  /// The n best translations of each line, the best first, in the order of the lines, of which the first has number
  /// `first_line`. A line that is empty or blank becomes empty. A line's translations depend on neither the other lines
  /// nor the batch; drawn ones depend on its number. Throws InputError naming the line for one that is not UTF-8, has
  /// tokens that the model refuses, or is too long.
  std::vector<std::vector<Translation>> translate(const std::vector<std::string>& lines,
                                                  const TranslateOptions& options = {}, uint64_t first_line = 1) const;

  /// How likely each target is as the translation of its source; 0 with 0 tokens where both are empty. Throws
  /// InputError for different numbers of lines, and naming the line as `translate` does. `batch` pairs side by side.
  std::vector<TextScore> score(const std::vector<std::string>& sources, const std::vector<std::string>& targets,
                               int64_t batch = 32) const;

  /// Of `target` as the translation of `source`, neither of them blank. Throws InputError as `translate` does.
  AttentionMap attention(const std::string& source, const std::string& target) const;

  std::vector<Command> commands() override;

  /// A line as the network reads it: its tokens and the end; none of an empty or blank line.
  struct Source {
    std::vector<int64_t> tokens;
    uint64_t number = 1;  ///< of the line
    size_t size() const { return tokens.size(); }
  };
  Source read(const std::string& line, uint64_t number, const TranslateOptions& options) const;
  std::vector<std::vector<Translation>> translate_sources(const std::vector<Source>& sources,
                                                          const TranslateOptions& options) const;

 private:
  std::vector<std::vector<Translation>> translate_batch(const std::vector<Source>& sources,
                                                        const TranslateOptions& options) const;

  std::unique_ptr<transformer::LoadedModel> loaded_;
  std::unique_ptr<transformer::TransformerRunner> runner_;
};

class TranslationQueue {
 public:
  /// `translator` outlives it. Up to `capacity` lines wait, and up to `options.batch` are translated together.
  explicit TranslationQueue(const Translator& translator, const TranslateOptions& options = {}, size_t capacity = 1024);

  /// The best translation; from any thread. Waits while the queue is full. Throws InputError at once for a line that
  /// cannot be translated.
  std::future<Translation> submit(const std::string& line);

 private:
  const Translator& translator_;
  TranslateOptions options_;
  BatchQueue<Translator::Source, Translation> queue_;
};

}  // namespace cairn
