#include "cairn/models/transformer/translation_task.h"

#include <cmath>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/metrics/interval.h"
#include "cairn/nn/linear.h"

namespace cairn::transformer {

using data::Split;

TranslationTask::TranslationTask(LoadedModel loaded, DataConfig data, EvalConfig eval, TranslationData sets)
    : TransformerTask(std::move(loaded), std::move(data), eval), sets_(std::move(sets)) {}

std::unique_ptr<data::Stream> TranslationTask::stream(int64_t batch, RandomStream random) {
  const bool tokens = data_.batch_by == "tokens";
  const data::BatchSize size{.tokens = tokens ? batch : 0, .pairs = tokens ? 0 : batch};
  return std::make_unique<data::PairStream>(sets_.pairs.at(Split::train), size, random);
}

std::optional<train::StagedLosses> TranslationTask::stages(const data::Batch& batch,
                                                           const train::StepContext& /*context*/) {
  const auto lengths = lengths_if_padded(batch["source_length"], batch["source"]);
  return staged_losses(loaded_.network->stages(lengths, batch["target_in"]),
                       {batch["source"], batch["target_in"]}, batch["target"].flatten());
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
  constexpr int64_t kTokens = 2048;  // of a batch
  auto& network = *loaded_.network;
  const nn::PackedForUse packed(network);
  metrics::Estimator nll, accuracy;
  for (const auto& [begin, end] : data::cut_batches(pairs, order, {.tokens = kTokens})) {
    const auto batch = data::pair_batch(pairs, std::span(order).subspan(begin, end - begin)).to(network.output_weight().device());
    const auto memory = network.encode(batch["source"], lengths_if_padded(batch["source_length"], batch["source"]));
    const auto measured = measure(network.logits(network.decode(batch["target_in"], memory)), batch["target"]);
    nll.add(measured.nats);
    accuracy.add(measured.exact);
  }
  const auto mean = nll.estimate();
  return {.metrics = {{"nll", mean.mean}, {"perplexity", std::exp(mean.mean)}, {"accuracy", accuracy.estimate().mean}},
          .count = mean.count};
}

}  // namespace cairn::transformer
