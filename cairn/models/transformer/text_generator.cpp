#include "cairn/models/transformer/text_generator.h"

#include "cairn/base/error.h"
#include "cairn/base/longest_first.h"
#include "cairn/models/transformer/forced_decoding.h"
#include "cairn/models/transformer/model_factory.h"
#include "cairn/models/transformer/text_reader.h"
#include "cairn/models/transformer/transformer_runner.h"

namespace cairn {

using namespace transformer;

TextGenerator::TextGenerator(LoadedModel loaded)
    : loaded_(std::make_unique<LoadedModel>(std::move(loaded))),
      runner_(std::make_unique<TransformerRunner>(loaded_->network)) {
  if (loaded_->spec.config.translates()) {
    throw UsageError("text generator", got_expected("a model with task translation", "a language model"));
  }
}
TextGenerator::~TextGenerator() = default;
TextGenerator::TextGenerator(TextGenerator&&) noexcept = default;

TextGenerator TextGenerator::load(const std::filesystem::path& folder) {
  return TextGenerator(load_model(folder));
}

std::vector<TextScore> TextGenerator::score(const std::vector<std::string>& lines, const ScoreOptions& options) const {
  if (options.batch < 1) throw UsageError("batch", got_expected(options.batch, "1 or more"));
  const auto& tokenizer = loaded_->spec.tokenizer;
  const int64_t most = std::min(options.limit, loaded_->spec.config.max_length);
  std::vector<std::vector<int64_t>> ids(lines.size());
  for (size_t k = 0; k < lines.size(); ++k) {
    const std::string place = cat("line ", k + 1);
    tokenizer.encode(lines[k], place, ids[k]);
    const auto count = static_cast<int64_t>(ids[k].size()) + 1;
    if (count > most) {
      throw InputError(place, got_expected(cat(count, " tokens, the end counted"), cat("at most ", most)));
    }
  }
  const auto order = longest_first(ids);
  const auto batch = static_cast<size_t>(options.batch);
  std::vector<TextScore> scores(lines.size());
  for (size_t begin = 0; begin < order.size(); begin += batch) {
    const size_t end = std::min(begin + batch, order.size());
    std::vector<std::vector<int64_t>> some;
    for (size_t k = begin; k < end; ++k) some.push_back(ids[order[k]]);
    const auto scorer = runner_->start();
    const Symbols symbols{.start = loaded_->spec.start(), .end = tokenizer.line_end(), .barred = {}};
    const auto forced = forced_log_probabilities(*scorer, symbols, some);
    for (size_t k = begin; k < end; ++k) scores[order[k]] = TextScore::of(forced[k - begin]);
  }
  return scores;
}

TextGenerator::WholeScore TextGenerator::score_whole(text::LineReader lines) const {
  constexpr size_t kBuffer = 1 << 14;  // tokens read at a time, so that short lines share a product
  const auto& tokenizer = loaded_->spec.tokenizer;
  TextReader reader(*runner_, loaded_->spec.start());
  WholeScore score;
  std::vector<int64_t> ids;
  const auto read = [&] {
    score.add(reader.read(ids));
    ids.clear();
  };
  for (std::string line; lines.next(line);) {
    tokenizer.encode(line, lines.place().text(), ids);
    ids.push_back(tokenizer.line_end());
    if (ids.size() >= kBuffer) read();
  }
  read();
  score.state_bytes = reader.state_bytes();
  return score;
}

std::string TextGenerator::sample(const SampleOptions& options) const {
  if (options.length < 0) throw UsageError("sample", got_expected(cat("length ", options.length), "0 or more"));
  const auto& tokenizer = loaded_->spec.tokenizer;
  const auto positions = static_cast<size_t>(loaded_->spec.config.max_length);
  std::vector<int64_t> text{loaded_->spec.start()};
  tokenizer.encode_text(options.prefix, "prefix", text);
  const size_t whole = text.size() + static_cast<size_t>(options.length);
  while (text.size() < whole) {
    // What the network reads: all, or the last half of its positions where all of them are used up.
    const size_t seen = text.size() < positions ? text.size() : std::max<size_t>(positions / 2, 1);
    const std::vector<int64_t> context(text.end() - static_cast<std::ptrdiff_t>(seen), text.end());
    const size_t more = std::min(whole - text.size(), positions - seen + 1);  // the last one written is not read
    const Request request{.prefix = {context.begin() + 1, context.end()},
                          .most = static_cast<int64_t>(seen - 1 + more),
                          .id = text.size()};
    const auto scorer = runner_->start();
    const auto written = transformer::sample(*scorer, {.start = context.front()}, {request}, options.drawn).front();
    text.insert(text.end(), written.tokens.end() - static_cast<std::ptrdiff_t>(more), written.tokens.end());
  }
  return tokenizer.decode({text.begin() + 1, text.end()});
}

}  // namespace cairn
