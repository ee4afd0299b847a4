#include "cairn/models/transformer/language_task.h"

#include <cmath>
#include <numbers>

#include "cairn/base/error.h"
#include "cairn/data/window_stream.h"
#include "cairn/nn/linear.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::transformer {

using data::Split;

LanguageTask::LanguageTask(LoadedModel loaded, DataConfig data, EvalConfig eval, std::map<Split, torch::Tensor> texts)
    : TransformerTask(std::move(loaded), std::move(data), eval), texts_(std::move(texts)) {
  const int64_t most = loaded_.spec.config.max_length;
  if (data_.steps > most) {
    throw UsageError("data.steps", got_expected(data_.steps, cat("at most ", most, " (model.max_length)")));
  }
}

std::unique_ptr<data::Stream> LanguageTask::stream(int64_t batch, RandomStream random) {
  return std::make_unique<data::WindowStream>(
      texts_.at(Split::train), data::WindowStreamOptions{.batch = batch, .steps = data_.steps, .random = random});
}

std::optional<train::StagedLosses> LanguageTask::stages(const data::Batch& batch, const train::StepContext& context) {
  redraw(context);
  return staged_losses(loaded_.network->stages({}, batch["x"]), {batch["x"]}, batch["y"].flatten());
}

train::Evaluation LanguageTask::evaluate(const train::EvaluateOptions& options) {
  const auto found = texts_.find(options.split);
  if (found == texts_.end()) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "a text to evaluate on"));
  }
  const auto& text = found->second;
  const int64_t limit = limit_of(options);
  const int64_t n = limit > 0 ? std::min(limit, text.numel() - 1) : text.numel() - 1;
  const torch::NoGradGuard no_grad;
  auto& network = *loaded_.network;
  const nn::PackedForUse packed(network);
  const auto nats_of = [&](const torch::Tensor& x, const torch::Tensor& y) {
    const auto h = network.decode(x.to(network.output_weight().device())).flatten(0, 1);
    const auto targets = y.flatten().to(h.device());
    return ops::cross_entropy(h, network.output_weight(), network.output_bias(), targets)
        .losses.sum(torch::kFloat64)
        .item<double>();
  };
  constexpr int64_t kTokens = 4096;  // of a batch
  const int64_t T = std::min(data_.steps, n), B = std::max<int64_t>(1, kTokens / T), whole = n / T * T;
  double nats = 0;
  for (int64_t begin = 0; begin < whole; begin += B * T) {
    const int64_t end = std::min(whole, begin + B * T);
    nats += nats_of(text.slice(0, begin, end).view({-1, T}), text.slice(0, begin + 1, end + 1).view({-1, T}));
  }
  if (whole < n) nats += nats_of(text.slice(0, whole, n).unsqueeze(0), text.slice(0, whole + 1, n + 1).unsqueeze(0));
  const double nll = nats / static_cast<double>(n);
  return {.metrics = {{"nll", nll}, {"perplexity", std::exp(nll)}, {"bits", nll / std::numbers::ln2}}, .count = n};
}

}  // namespace cairn::transformer
