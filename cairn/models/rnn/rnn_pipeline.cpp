#include "cairn/models/rnn/rnn_pipeline.h"

#include <algorithm>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/base/longest_first.h"
#include "cairn/base/text.h"
#include "cairn/data/labelled_sequences.h"
#include "cairn/models/rnn/memory_task.h"
#include "cairn/models/rnn/model_factory.h"

namespace cairn {

using namespace rnn;

SequenceModel::SequenceModel(std::unique_ptr<LoadedModel> loaded)
    : loaded_(std::move(loaded)), runner_(std::make_unique<SequenceRunner>(*loaded_->network)) {}
SequenceModel::~SequenceModel() = default;
SequenceModel::SequenceModel(SequenceModel&&) noexcept = default;

SequenceModel SequenceModel::load(const std::filesystem::path& folder) {
  return SequenceModel(std::make_unique<LoadedModel>(load_model(folder)));
}

bool SequenceModel::writes_text() const {
  return loaded_->spec.config.language();
}

bool SequenceModel::labels_words() const {
  return loaded_->spec.config.words;
}

int64_t SequenceModel::width() const {
  return loaded_->spec.sizes.inputs;
}

void SequenceModel::require_text(const char* task) const {
  if (!writes_text()) {
    throw UsageError(task, got_expected(cat("a model with task ", loaded_->spec.config.task), "a language_model"));
  }
}

void SequenceModel::require_labels(const char* task) const {
  const auto& config = loaded_->spec.config;
  if (!config.labels()) {
    throw UsageError(task, got_expected(cat("a model with task ", config.task), "one that labels, sequence_labeling"));
  }
}

namespace {

constexpr int64_t kBatchTokens = 1 << 14;  // of lines scored side by side, the padding included

/// Lines [begin, end) of `order` as a padded batch: x and y [T, B], the end of a line before each and behind it.
struct LineBatch {
  torch::Tensor x, y, lengths;
};

LineBatch batch_of(const std::vector<std::vector<int64_t>>& lines, const std::vector<size_t>& order, size_t begin,
                   size_t end, int64_t line_end) {
  const auto T = static_cast<int64_t>(lines[order[begin]].size()) + 1, B = static_cast<int64_t>(end - begin);
  LineBatch batch{torch::full({T, B}, line_end, torch::kInt64), torch::full({T, B}, -1, torch::kInt64),
                  torch::empty({B}, torch::kInt64)};
  auto x = batch.x.accessor<int64_t, 2>(), y = batch.y.accessor<int64_t, 2>();
  for (int64_t b = 0; b < B; ++b) {
    const auto& ids = lines[order[begin + static_cast<size_t>(b)]];
    const auto length = static_cast<int64_t>(ids.size());
    for (int64_t t = 0; t < length; ++t) x[t + 1][b] = y[t][b] = ids[static_cast<size_t>(t)];
    y[length][b] = line_end;
    batch.lengths[b] = length + 1;
  }
  return batch;
}

}  // namespace

std::vector<SequenceModel::Score> SequenceModel::score(const std::vector<std::string>& lines, int64_t most) const {
  require_text("score");
  const auto& tokenizer = loaded_->spec.tokenizer;
  std::vector<std::vector<int64_t>> ids(lines.size());
  for (size_t k = 0; k < lines.size(); ++k) {
    const std::string place = cat("line ", k + 1);
    tokenizer.encode(lines[k], place, ids[k]);
    const auto count = static_cast<int64_t>(ids[k].size());
    if (count > most) throw InputError(place, got_expected(cat(count, " tokens"), cat("at most ", most, " (--limit)")));
  }
  const auto order = longest_first(ids);  // so that a batch has lines of like length
  std::vector<Score> scores(lines.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const auto T = static_cast<int64_t>(ids[order[begin]].size()) + 1;
    end = std::min(order.size(), begin + static_cast<size_t>(std::max<int64_t>(1, kBatchTokens / T)));
    const auto batch = batch_of(ids, order, begin, end, tokenizer.line_end());
    auto state = runner_->start(batch.x.size(1));
    const auto h = runner_->hidden(batch.x, state, batch.lengths).flatten(0, 1);
    const auto losses = runner_->losses(h, batch.y.flatten()).view(batch.y.sizes()).to(torch::kFloat64);
    for (size_t k = begin; k < end; ++k) {
      const auto column = losses.select(1, static_cast<int64_t>(k - begin)).contiguous();
      const double* loss = column.const_data_ptr<double>();
      const auto tokens = static_cast<int64_t>(ids[order[k]].size()) + 1;
      scores[order[k]] = {-std::accumulate(loss, loss + tokens, 0.0), tokens};  // in order: no padding changes a bit
    }
  }
  return scores;
}

std::vector<double> SequenceModel::surprise(const std::string& text) const {
  require_text("surprise");
  const auto& tokenizer = loaded_->spec.tokenizer;
  std::vector<int64_t> ids{tokenizer.line_end()};
  tokenizer.encode_text(text, "text", ids);
  const auto tokens = torch::tensor(ids, torch::kInt64);
  if (tokens.numel() < 2) return {};
  auto state = runner_->start(1);
  const auto h = runner_->hidden(tokens.slice(0, 0, -1).unsqueeze(1), state).flatten(0, 1);
  const auto losses = runner_->losses(h, tokens.slice(0, 1)).to(torch::kFloat64);
  return {losses.const_data_ptr<double>(), losses.const_data_ptr<double>() + losses.numel()};
}

std::string SequenceModel::sample(const SampleOptions& options) const {
  require_text("sample");
  return sample_text(*runner_, loaded_->spec.tokenizer, options);
}

torch::Tensor SequenceModel::checked(const torch::Tensor& features) const {
  if (loaded_->spec.config.reads_tokens()) {
    throw UsageError("features", "got features, expected words: this model reads no features");
  }
  const auto x = data::checked_features(features, "features");
  if (x.size(1) != width()) {
    throw InputError("features", got_expected(cat(x.size(1), " a row"), cat(width(), " as the model takes")));
  }
  return x;
}

torch::Tensor SequenceModel::label(const torch::Tensor& features) const {
  require_labels("label");
  const auto x = checked(features);
  auto state = runner_->start(1);
  return torch::softmax(runner_->logits(runner_->hidden(x.unsqueeze(1), state).flatten(0, 1)), 1);
}

torch::Tensor SequenceModel::label(const std::vector<std::string>& words, const std::string& place,
                                   int64_t most) const {
  require_labels("label");
  if (!labels_words()) throw UsageError("label", "got words, expected features: this model labels rows of features");
  const auto count = static_cast<int64_t>(words.size());
  if (count > most) throw InputError(place, got_expected(cat(count, " words"), cat("at most ", most, " (--limit)")));
  if (words.empty()) return torch::zeros({0, loaded_->spec.sizes.outputs});
  std::vector<int64_t> ids;
  for (const auto& word : words) loaded_->spec.tokenizer.encode(word, place, ids);
  auto state = runner_->start(1);
  const auto h = runner_->hidden(torch::tensor(ids, torch::kInt64).unsqueeze(1), state).flatten(0, 1);
  return torch::softmax(runner_->logits(h), 1);
}

const std::vector<std::string>& SequenceModel::label_names() const {
  return loaded_->spec.labels;
}

torch::Tensor SequenceModel::states(const torch::Tensor& features) const {
  const auto x = checked(features);
  auto state = runner_->start(1);
  return runner_->hidden(x.unsqueeze(1), state).flatten(0, 1);
}

SequenceModel::Solutions SequenceModel::solve(const SolveOptions& options) const {
  const auto& config = loaded_->spec.config;
  if (config.task != "copy" && config.task != "adding") {
    throw UsageError("solve", got_expected(cat("a model with task ", config.task), "copy or adding"));
  }
  const auto problem = memory_problem(config, options.length);
  const RandomStream random(static_cast<uint64_t>(options.seed), "solve");
  const auto drawn = data::draw_sequences(problem, 0, options.count, random);
  const auto answer = answers(*runner_, problem, drawn.x);
  if (config.task == "copy") return {drawn.y, answer.argmax(2).t()};
  return {drawn.y.unsqueeze(1), answer[0]};
}

SequenceModel::State SequenceModel::start() const {
  return {runner_->start(1)};
}

void SequenceModel::require_online(const char* task) const {
  require_labels(task);
  if (!loaded_->spec.config.bidirectional) return;
  throw UsageError(task,
                   "got a bidirectional model, expected one that reads forward only: a row's label depends on all rows "
                   "behind it, so none can be given before the end");
}

torch::Tensor SequenceModel::step(State& state, const torch::Tensor& features) const {
  require_online("step");
  const auto x = checked(features.unsqueeze(0));
  return torch::softmax(runner_->logits(runner_->hidden(x.unsqueeze(1), state.layers)[0]), 1)[0];
}

torch::Tensor SequenceModel::step(State& state, int64_t token) const {
  require_text("step");
  if (token < 0 || token >= loaded_->spec.sizes.inputs) {
    throw UsageError("step", got_expected(cat("token ", token), cat("0 .. ", loaded_->spec.sizes.inputs - 1)));
  }
  const auto x = torch::full({1, 1}, token, torch::kInt64);
  return torch::softmax(runner_->logits(runner_->hidden(x, state.layers)[0]), 1)[0];
}

}  // namespace cairn
