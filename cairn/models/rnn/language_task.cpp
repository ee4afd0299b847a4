#include "cairn/models/rnn/language_task.h"

#include <cmath>
#include <numbers>

#include "cairn/base/error.h"
#include "cairn/data/token_stream.h"
#include "cairn/models/rnn/sampling.h"
#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/ops/cross_entropy.h"
#include "cairn/vision/page.h"

namespace cairn::rnn {

using data::Split;

LanguageTask::LanguageTask(LoadedModel loaded, DataConfig data, EvalConfig eval, std::map<Split, torch::Tensor> texts)
    : SequenceTask(std::move(loaded), std::move(data), eval), texts_(std::move(texts)) {}

std::unique_ptr<data::Stream> LanguageTask::stream(int64_t batch, RandomStream /*random*/) {
  return std::make_unique<data::TokenStream>(texts_.at(Split::train),
                                             data::TokenStreamOptions{.batch = batch, .steps = data_.steps});
}

std::optional<train::StagedLosses> LanguageTask::stages(const data::Batch& batch,
                                                        const train::StepContext& /*context*/) {
  const auto& x = batch["x"];
  const auto& network = *loaded_.network;
  if (batch["fresh"].item<bool>() || state_.empty()) state_ = network.stack().zero_state(x.size(1));
  auto staged = network.stages(state_);
  state_ = staged.last;  // without history: truncated back-propagation
  const auto nll = [&network, y = batch["y"].flatten()](const torch::Tensor& h) {
    return ops::cross_entropy(h.flatten(0, 1), network.output_weight(), network.output_bias(), y).mean;
  };
  return staged_losses(std::move(staged), x, {"nll", nll});
}

std::map<std::string, torch::Tensor> LanguageTask::carried() const {
  std::map<std::string, torch::Tensor> tensors;
  for (size_t k = 0; k < state_.size(); ++k) {
    tensors[cat("h", k)] = state_[k].h.contiguous();
    if (state_[k].c.defined()) tensors[cat("c", k)] = state_[k].c.contiguous();
  }
  return tensors;
}

void LanguageTask::carry(const std::map<std::string, torch::Tensor>& tensors) {
  const auto like = loaded_.network->output_bias();
  const auto take = [&](const std::string& name) {
    const auto found = tensors.find(name);
    return found == tensors.end() ? torch::Tensor() : found->second.to(like.device());
  };
  state_.clear();
  for (size_t k = 0; take(cat("h", k)).defined(); ++k) state_.push_back({take(cat("h", k)), take(cat("c", k))});
}

train::Evaluation LanguageTask::evaluate(const train::EvaluateOptions& options) {
  const auto found = texts_.find(options.split);
  if (found == texts_.end()) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "a text to evaluate on"));
  }
  int64_t n = found->second.numel() - 1;
  const int64_t limit = options.limit > 0 ? options.limit : (options.final ? 0 : eval_.limit);
  if (limit > 0) n = std::min(n, limit);
  const int64_t rows = options.final ? 1 : std::min(eval_.rows, n);
  constexpr int64_t kWindow = 512;  // steps at a time: any other number gives the same bits
  data::TokenStream stream(found->second.slice(0, 0, n + 1), {.batch = rows, .steps = kWindow});
  const SequenceRunner runner(*loaded_.network);
  auto state = runner.start(rows);
  double nats = 0;
  int64_t count = 0;
  for (int64_t k = 0; k < stream.batches_per_epoch(); ++k) {
    const auto batch = stream.next();
    const auto losses = runner.losses(runner.hidden(batch["x"], state).flatten(0, 1), batch["y"].flatten());
    nats += losses.sum(torch::kFloat64).item<double>();
    count += losses.numel();
  }
  const double nll = nats / static_cast<double>(count);
  return {.metrics = {{"nll", nll}, {"perplexity", std::exp(nll)}, {"bits", nll / std::numbers::ln2}}, .count = count};
}

void LanguageTask::write_samples(vision::Page& page) {
  const SequenceRunner runner(*loaded_.network);
  const auto text = sample_text(runner, loaded_.spec.tokenizer, {.length = 300, .temperature = 0.8, .seed = 1});
  page.heading("A text that the model writes").code({.text = text, .caption = "300 tokens at temperature 0.8"});
}

}  // namespace cairn::rnn
