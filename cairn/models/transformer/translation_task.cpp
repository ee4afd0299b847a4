#include "cairn/models/transformer/translation_task.h"

#include <cmath>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/metrics/bleu.h"
#include "cairn/metrics/interval.h"
#include "cairn/models/transformer/translator.h"
#include "cairn/nn/linear.h"
#include "cairn/vision/page.h"

namespace cairn::transformer {

using data::Split;

TranslationTask::TranslationTask(LoadedModel loaded, DataConfig data, EvalConfig eval, TranslationData sets)
    : TransformerTask(std::move(loaded), std::move(data), eval), sets_(std::move(sets)) {
  if (eval_.leading == "bleu" && eval_.bleu != "always") {
    throw UsageError("eval.leading", got_expected("bleu", "eval.bleu: always with it"));
  }
}

std::unique_ptr<data::Stream> TranslationTask::stream(int64_t batch, RandomStream random) {
  const bool tokens = data_.batch_by == "tokens";
  const data::BatchSize size{.tokens = tokens ? batch : 0, .pairs = tokens ? 0 : batch};
  return std::make_unique<data::PairStream>(sets_.pairs.at(Split::train), size, random);
}

std::optional<train::StagedLosses> TranslationTask::stages(const data::Batch& batch,
                                                           const train::StepContext& context) {
  redraw(context);
  const auto lengths = lengths_if_padded(batch["source_length"], batch["source"]);
  return staged_losses(loaded_.network->stages(lengths, batch["target_in"]), {batch["source"], batch["target_in"]},
                       batch["target"].flatten());
}

namespace {

/// Per sentence, over a batch of logits [B, T, V] and targets [B, T].
struct Measured {
  torch::Tensor nats;   ///< [tokens]
  torch::Tensor exact;  ///< [B] bool
};

Measured measure(const torch::Tensor& logits, const torch::Tensor& target) {
  const auto counts = target.ge(0);
  const auto log_p = torch::log_softmax(logits, 2).gather(2, target.clamp_min(0).unsqueeze(2)).squeeze(2);
  const auto right = logits.argmax(2).eq(target).logical_or(counts.logical_not());
  return {-log_p.masked_select(counts), right.all(1)};
}

void measure_pairs(Transformer& network, const data::TokenPairs& pairs, std::span<const int64_t> order,
                   metrics::Estimator& nll, metrics::Estimator& accuracy) {
  constexpr int64_t kTokens = 2048;  // of a batch
  const torch::NoGradGuard no_grad;
  const nn::PackedForUse packed(network);
  for (const auto& [begin, end] : data::cut_batches(pairs, order, {.tokens = kTokens})) {
    const auto batch =
        data::pair_batch(pairs, std::span(order).subspan(begin, end - begin)).to(network.output_weight().device());
    const auto memory = network.encode(batch["source"], lengths_if_padded(batch["source_length"], batch["source"]));
    const auto measured = measure(network.logits(network.decode(batch["target_in"], memory)), batch["target"]);
    nll.add(measured.nats);
    accuracy.add(measured.exact);
  }
}

TranslateOptions translate_options(const EvalConfig& eval) {
  TranslateOptions options;
  options.search.beam = eval.beam;
  options.search.penalty = {.form = penalty_form_named(eval.penalty), .alpha = eval.alpha};
  options.longer = LongSentence::cut;
  return options;
}

}  // namespace

train::Evaluation TranslationTask::evaluate(const train::EvaluateOptions& options) {
  const auto found = sets_.pairs.find(options.split);
  if (found == sets_.pairs.end()) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "sentences to evaluate on"));
  }
  const auto& pairs = *found->second;
  const int64_t limit = limit_of(options);
  std::vector<int64_t> order(static_cast<size_t>(limit > 0 ? std::min(limit, pairs.size()) : pairs.size()));
  std::iota(order.begin(), order.end(), int64_t{0});
  data::sort_by_length(pairs, order);
  metrics::Estimator nll, accuracy;
  measure_pairs(*loaded_.network, pairs, order, nll, accuracy);
  const auto mean = nll.estimate();
  train::Evaluation result{
      .metrics = {{"nll", mean.mean}, {"perplexity", std::exp(mean.mean)}, {"accuracy", accuracy.estimate().mean}},
      .count = mean.count,
      .notes = {}};
  if (measures_bleu(options)) add_bleu(sets_.texts.at(options.split), limit, result);
  return result;
}

bool TranslationTask::measures_bleu(const train::EvaluateOptions& options) const {
  if (data::is_sequence_problem(data_.train) || eval_.bleu == "never") return false;
  return options.final || eval_.bleu == "always";
}

void TranslationTask::add_bleu(const data::ParallelText& text, int64_t lines, train::Evaluation& result) const {
  const auto count = static_cast<std::ptrdiff_t>(lines > 0 ? std::min(lines, text.size()) : text.size());
  const std::vector<std::string> sources(text.source.begin(), text.source.begin() + count);
  const Translator translator(loaded_);
  const auto translations = translator.translate(sources, translate_options(eval_));
  const auto measure = [&](const char* name, metrics::LetterCase letters) {
    metrics::Bleu bleu({.letters = letters});
    for (size_t k = 0; k < sources.size(); ++k) bleu.add(translations[k].at(0).text, text.target[k]);
    result.metrics.emplace_back(name, bleu.score().score);
    result.notes.emplace_back(name, cat(bleu.signature(), ", ", bleu.score().detail()));
  };
  measure("bleu", metrics::LetterCase::mixed);
  measure("bleu_lowercase", metrics::LetterCase::lower);
  result.notes.emplace_back("search", cat("beam ", eval_.beam, ", penalty ", eval_.penalty, ", alpha ", eval_.alpha));
}

void TranslationTask::write_samples(vision::Page& page) {
  const auto found = sets_.texts.find(has(Split::test) ? Split::test : has(Split::valid) ? Split::valid : Split::train);
  if (found == sets_.texts.end()) return;
  constexpr size_t kShown = 8;
  const auto& text = found->second;
  const std::vector<std::string> sources(text.source.begin(),
                                         text.source.begin() + std::min<std::ptrdiff_t>(kShown, text.size()));
  const auto translations = Translator(loaded_).translate(sources, translate_options(eval_));
  std::string shown;
  for (size_t k = 0; k < sources.size(); ++k) {
    shown += cat(k ? "\n" : "", sources[k], "\n  model:     ", translations[k].at(0).text,
                 "\n  reference: ", text.target[k], "\n");
  }
  page.heading("Sentences and their translations").code({.text = shown, .caption = cat("beam ", eval_.beam)});
}

}  // namespace cairn::transformer
