#include "cairn/models/transformer/translator.h"

#include <atomic>
#include <cmath>

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/base/longest_first.h"
#include "cairn/base/text.h"
#include "cairn/base/utf8.h"
#include "cairn/models/transformer/forced_decoding.h"
#include "cairn/models/transformer/model_factory.h"
#include "cairn/models/transformer/transformer_runner.h"

namespace cairn {

using namespace transformer;

int64_t LengthRule::operator()(int64_t source) const {
  return std::llround(a * static_cast<double>(source) + b);
}

Translator::Translator(LoadedModel loaded)
    : loaded_(std::make_unique<LoadedModel>(std::move(loaded))),
      runner_(std::make_unique<TransformerRunner>(loaded_->network)) {
  if (!loaded_->spec.config.translates()) {
    throw UsageError("translator", got_expected("a language model", "a model with task translation"));
  }
}
Translator::~Translator() = default;
Translator::Translator(Translator&&) noexcept = default;

Translator Translator::load(const std::filesystem::path& folder) {
  return Translator(load_model(folder));
}

namespace {

void require_batch(int64_t batch) {
  if (batch < 1) throw UsageError("batch", got_expected(batch, "1 or more"));
}

Symbols symbols_of(const ModelSpec& spec) {
  const int64_t start = spec.start(), end = spec.tokenizer.line_end();
  Symbols symbols{.start = start, .end = end, .barred = {}};
  if (start != end) symbols.barred.push_back(start);
  if (spec.padding >= 0) symbols.barred.push_back(spec.padding);
  return symbols;
}

std::vector<int64_t> encoded(const text::Tokenizer& tokenizer, const std::string& line, const std::string& place) {
  if (const size_t bad = invalid_utf8(line); bad != std::string::npos) {
    throw InputError(place, cat("is not UTF-8 at byte ", bad));
  }
  std::vector<int64_t> ids;
  tokenizer.encode(line, place, ids);
  return ids;
}

/// Calls use(places) for the parts of `order` of at most `batch` places, a part a thread: a step of decoding is too
/// little work to be shared. One part alone is shared all the same.
template <class Use>
void for_each_batch(const std::vector<size_t>& order, int64_t batch, const Use& use) {
  const auto most = static_cast<size_t>(batch);
  const size_t parts = (order.size() + most - 1) / most;
  std::atomic<size_t> next = 0;
  const auto workers = static_cast<int64_t>(std::min(parts, static_cast<size_t>(at::get_num_threads())));
  at::parallel_for(0, workers, 1, [&](int64_t, int64_t) {
    for (size_t part = next++; part < parts; part = next++) {
      use(std::span(order).subspan(part * most, std::min(most, order.size() - part * most)));
    }
  });
}

}  // namespace

Translator::Source Translator::read(const std::string& line, uint64_t number, const TranslateOptions& options) const {
  Source source{{}, number};
  if (is_blank(line)) return source;
  const std::string place = cat("line ", number);
  auto& tokens = source.tokens = encoded(loaded_->spec.tokenizer, line, place);
  const auto most = std::min(options.limit, loaded_->spec.config.max_length),
             length = static_cast<int64_t>(tokens.size()) + 1;
  if (length > most) {
    if (options.longer == LongSentence::refuse) {
      throw InputError(place, got_expected(cat("a sentence of ", length, " tokens, its end counted"),
                                           cat("at most ", most, ", or that longer ones be cut")));
    }
    tokens.resize(static_cast<size_t>(std::max<int64_t>(most - 1, 0)));
  }
  tokens.push_back(loaded_->spec.tokenizer.line_end());
  return source;
}

std::vector<std::vector<Translation>> Translator::translate(const std::vector<std::string>& lines,
                                                            const TranslateOptions& options,
                                                            uint64_t first_line) const {
  std::vector<Source> sources;
  for (size_t k = 0; k < lines.size(); ++k) sources.push_back(read(lines[k], first_line + k, options));
  return translate_sources(sources, options);
}

std::vector<std::vector<Translation>> Translator::translate_sources(const std::vector<Source>& sources,
                                                                    const TranslateOptions& options) const {
  require_batch(options.batch);
  auto order = longest_first(sources);  // so that a batch has sentences of like length
  while (!order.empty() && sources[order.back()].tokens.empty()) order.pop_back();
  std::vector<std::vector<Translation>> results(sources.size(), {Translation{}});
  for_each_batch(order, options.batch, [&](std::span<const size_t> places) {
    std::vector<Source> batch;
    for (const size_t place : places) batch.push_back(sources[place]);
    auto translations = translate_batch(batch, options);
    for (size_t k = 0; k < places.size(); ++k) results[places[k]] = std::move(translations[k]);
  });
  return results;
}

std::vector<std::vector<Translation>> Translator::translate_batch(const std::vector<Source>& sources,
                                                                  const TranslateOptions& options) const {
  const auto& spec = loaded_->spec;
  const int64_t room = spec.config.max_length - 1;  // the end takes a position too
  const auto prefix = encoded(spec.target_tokenizer(), options.prefix, "prefix");
  std::vector<Request> requests;
  std::vector<std::vector<int64_t>> tokens;
  for (const auto& source : sources) {
    const auto length = static_cast<int64_t>(source.size());
    const int64_t most = std::clamp<int64_t>(options.most(length), 0, room);
    requests.push_back({prefix, std::clamp<int64_t>(options.least(length), 0, most), most, source.number});
    tokens.push_back(source.tokens);
  }
  const auto scorer = runner_->start(runner_->encode(tokens));
  std::vector<std::vector<Hypothesis>> found;
  if (options.drawn) {
    for (auto& hypothesis : sample(*scorer, symbols_of(spec), requests, *options.drawn)) found.push_back({hypothesis});
  } else {
    found = beam_search(*scorer, symbols_of(spec), requests, options.search);
  }
  std::vector<std::vector<Translation>> results;
  for (const auto& hypotheses : found) {
    auto& translations = results.emplace_back();
    for (const auto& [ids, log_probability, score] : hypotheses) {
      translations.push_back(
          {spec.target_tokenizer().decode(ids), score, log_probability, static_cast<int64_t>(ids.size()) + 1});
    }
  }
  return results;
}

std::vector<TextScore> Translator::score(const std::vector<std::string>& sources,
                                         const std::vector<std::string>& targets, int64_t batch) const {
  require_batch(batch);
  if (sources.size() != targets.size()) {
    throw InputError("score", got_expected(cat(sources.size(), " sources and ", targets.size(), " targets"),
                                           "a target for each source"));
  }
  const auto& spec = loaded_->spec;
  std::vector<std::vector<int64_t>> x(sources.size()), y(sources.size());
  for (size_t k = 0; k < sources.size(); ++k) {
    if (is_blank(sources[k]) && is_blank(targets[k])) continue;
    x[k] = encoded(spec.tokenizer, sources[k], cat("source line ", k + 1));
    x[k].push_back(spec.tokenizer.line_end());
    y[k] = encoded(spec.target_tokenizer(), targets[k], cat("target line ", k + 1));
  }
  auto order = longest_first(x);
  while (!order.empty() && x[order.back()].empty()) order.pop_back();
  std::vector<TextScore> scores(sources.size());
  for_each_batch(order, batch, [&](std::span<const size_t> places) {
    std::vector<std::vector<int64_t>> some_x, some_y;
    for (const size_t place : places) {
      some_x.push_back(x[place]);
      some_y.push_back(y[place]);
    }
    const auto scorer = runner_->start(runner_->encode(some_x));
    const auto forced = forced_log_probabilities(*scorer, symbols_of(spec), some_y);
    for (size_t k = 0; k < places.size(); ++k) scores[places[k]] = TextScore::of(forced[k]);
  });
  return scores;
}

AttentionMap Translator::attention(const std::string& source, const std::string& target) const {
  const auto& spec = loaded_->spec;
  const auto x = read(source, 1, {}).tokens;
  if (x.empty()) throw InputError("attention", got_expected("a blank source", "a sentence"));
  auto y = encoded(spec.target_tokenizer(), target, "target");
  AttentionMap map;
  for (const int64_t token : x) map.source.push_back(spec.tokenizer.display(token));
  for (const int64_t token : y) map.target.push_back(spec.target_tokenizer().display(token));
  map.target.push_back(spec.target_tokenizer().display(spec.tokenizer.line_end()));
  y.insert(y.begin(), spec.start());
  map.weights = runner_->attention(x, y);
  return map;
}

TranslationQueue::TranslationQueue(const Translator& translator, const TranslateOptions& options, size_t capacity)
    : translator_(translator),
      options_(options),
      queue_(
          [this](const std::vector<Translator::Source>& sources) {
            std::vector<Translation> best;
            for (auto& translations : translator_.translate_sources(sources, options_))
              best.push_back(translations.front());
            return best;
          },
          {.batch = static_cast<size_t>(std::max<int64_t>(options.batch, 0)), .capacity = capacity}) {}

std::future<Translation> TranslationQueue::submit(const std::string& line) {
  return queue_.submit(translator_.read(line, 1, options_));
}

}  // namespace cairn
