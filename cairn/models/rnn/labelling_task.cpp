#include "cairn/models/rnn/labelling_task.h"

#include "cairn/base/error.h"
#include "cairn/data/array_stream.h"
#include "cairn/data/text_section.h"
#include "cairn/metrics/interval.h"
#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/ops/cross_entropy.h"
#include "cairn/vision/image.h"
#include "cairn/vision/page.h"

namespace cairn::rnn {

using data::LabelledSequence;
using data::Split;

SequenceSets load_sequence_sets(const DataConfig& config) {
  SequenceSets sets;
  for (const auto& [spec, split] : data::named_splits(data::text_splits(config))) {
    sets[split] = data::load_sequences(spec, split, config.limit);
  }
  return sets;
}

int64_t label_count(const std::vector<LabelledSequence>& sequences) {
  int64_t count = 0;
  for (const auto& one : sequences) {
    if (one.y.numel() > 0) count = std::max(count, one.y.max().item<int64_t>() + 1);
  }
  if (count == 0) throw InputError("data.train", got_expected("no row", "at least one with a label"));
  return count;
}

void set_feature_scale(SequenceNetwork& network, const std::vector<LabelledSequence>& train) {
  std::vector<torch::Tensor> rows;
  for (const auto& one : train) rows.push_back(one.x);
  const auto all = torch::cat(rows).to(torch::kFloat64);
  const auto deviation = all.std(0, /*unbiased=*/false);
  network.set_feature_scale(all.mean(0), torch::where(deviation.gt(1e-6), deviation, torch::ones_like(deviation)));
}

void check_sets(const SequenceSets& sets, Sizes sizes) {
  for (const auto& [split, sequences] : sets) {
    for (const auto& one : sequences) {
      if (one.x.size(1) != sizes.inputs) {
        throw InputError(one.name, cat("features: ", got_expected(cat(one.x.size(1), " a row"),
                                                                  cat(sizes.inputs, " as the model takes"))));
      }
      const auto far = one.y.ge(sizes.outputs).nonzero();
      if (far.size(0) == 0) continue;
      const int64_t row = far[0][0].item<int64_t>();
      throw InputError(one.name,
                       cat("row ", row, ": ",
                           got_expected(cat("label ", one.y[row].item<int64_t>()), cat("0 .. ", sizes.outputs - 1))));
    }
  }
}

LabellingTask::LabellingTask(LoadedModel loaded, DataConfig data, EvalConfig eval, SequenceSets sets)
    : SequenceTask(std::move(loaded), std::move(data), eval), sets_(std::move(sets)) {}

namespace {

/// t [n, ...] -> [T, ...] with `value` behind it; n <= T.
torch::Tensor padded(const torch::Tensor& t, int64_t T, int64_t value) {
  auto sizes = t.sizes().vec();
  sizes[0] = T - sizes[0];
  return torch::cat({t, torch::full(sizes, value, t.options())});
}

}  // namespace

std::unique_ptr<data::Stream> LabellingTask::stream(int64_t batch, RandomStream random) {
  std::vector<torch::Tensor> x, y, lengths;
  const int64_t T = data_.steps;
  for (const auto& one : sets_.at(Split::train)) {
    for (int64_t begin = 0; begin < one.x.size(0); begin += T) {
      const int64_t length = std::min(T, one.x.size(0) - begin);
      x.push_back(padded(one.x.slice(0, begin, begin + length), T, 0));
      y.push_back(padded(one.y.slice(0, begin, begin + length), T, -1));
      lengths.push_back(torch::tensor(length, torch::kInt64));
    }
  }
  return std::make_unique<data::ArrayStream>(
      std::map<std::string, torch::Tensor>{
          {"x", torch::stack(x)}, {"y", torch::stack(y)}, {"length", torch::stack(lengths)}},
      data::ArrayStreamOptions{.batch = batch, .random = random});
}

std::optional<train::StagedLosses> LabellingTask::stages(const data::Batch& batch,
                                                         const train::StepContext& /*context*/) {
  const auto& network = *loaded_.network;
  const auto x = batch["x"].transpose(0, 1);
  const auto nll = [&network, y = batch["y"].t().flatten()](const torch::Tensor& h) {
    return ops::cross_entropy(h.flatten(0, 1), network.output_weight(), network.output_bias(), y).mean;
  };
  return staged_losses(network.stages(network.stack().zero_state(x.size(1)), batch["length"]), x, {"nll", nll});
}

train::Evaluation LabellingTask::evaluate(const train::EvaluateOptions& options) {
  const auto found = sets_.find(options.split);
  if (found == sets_.end()) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "sequences to evaluate on"));
  }
  const int64_t limit = options.limit > 0 ? options.limit : (options.final ? 0 : eval_.limit);
  const SequenceRunner runner(*loaded_.network);
  metrics::Estimator nll, accuracy;
  int64_t count = 0, sequences = 0;
  for (const auto& one : found->second) {
    if (limit > 0 && sequences++ == limit) break;
    auto state = runner.start(1);
    const auto h = runner.hidden(one.x.unsqueeze(1), state).flatten(0, 1);
    nll.add(runner.losses(h, one.y));
    accuracy.add(runner.logits(h).argmax(1).eq(one.y));
    count += one.y.numel();
  }
  return {.metrics = {{"nll", nll.estimate().mean}, {"accuracy", accuracy.estimate().mean}}, .count = count};
}

namespace {

/// Labels as a strip of grey levels, `height` pixels high, at most `width` wide.
torch::Tensor strip(const torch::Tensor& labels, int64_t outputs) {
  constexpr int64_t kWidth = 800, kHeight = 24;
  const auto at = (torch::arange(0, kWidth, torch::kInt64) * labels.numel()).floor_divide(kWidth);
  const auto levels =
      labels.index_select(0, at).to(torch::kFloat64) * (255.0 / static_cast<double>(std::max<int64_t>(outputs - 1, 1)));
  return levels.to(torch::kUInt8).unsqueeze(0).expand({kHeight, kWidth}).contiguous();
}

}  // namespace

void LabellingTask::write_samples(vision::Page& page) {
  const auto found = sets_.contains(Split::test) ? sets_.find(Split::test) : sets_.find(Split::train);
  if (found == sets_.end() || found->second[0].y.numel() == 0) return;
  const auto& one = found->second[0];
  const SequenceRunner runner(*loaded_.network);
  auto state = runner.start(1);
  const auto guess = runner.logits(runner.hidden(one.x.unsqueeze(1), state).flatten(0, 1)).argmax(1);
  page.heading("Labels of one sequence")
      .image({.pixels = strip(one.y, loaded_.spec.sizes.outputs),
              .caption = one.name + ": the true labels, a grey level each"})
      .image({.pixels = strip(guess, loaded_.spec.sizes.outputs), .caption = "the model's, from left to right"});
}

}  // namespace cairn::rnn
