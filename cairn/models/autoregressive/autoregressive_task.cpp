#include "cairn/models/autoregressive/autoregressive_task.h"

#include "cairn/base/error.h"
#include "cairn/data/array_stream.h"
#include "cairn/data/source.h"
#include "cairn/metrics/interval.h"
#include "cairn/models/autoregressive/classify.h"
#include "cairn/models/autoregressive/gallery.h"

namespace cairn::autoregressive {

using data::Split;

namespace {

/// How often each row of ops::one_hot is 1 in x, with one pseudo-count a level.
torch::Tensor frequencies(const torch::Tensor& x, const ops::Variables& variables) {
  auto sums = torch::ones({variables.R()}, torch::kFloat64);
  constexpr int64_t kBlock = 1000;
  for (int64_t begin = 0; begin < x.size(0); begin += kBlock) {
    const auto block = x.slice(0, begin, begin + kBlock);
    sums += ops::one_hot(block, variables, torch::kFloat32).sum(0, /*keepdim=*/false, torch::kFloat64);
  }
  auto counts = torch::empty({variables.R()}, torch::kFloat64);
  for (int64_t d = 0; d < variables.D(); ++d) {
    const int64_t rows = variables.levels[d] - 1;
    counts.narrow(0, variables.offsets[d], rows).fill_(static_cast<double>(x.size(0) + variables.levels[d]));
  }
  return sums / counts;
}

}  // namespace

AutoregressiveTask::AutoregressiveTask(Parts parts) : parts_(std::move(parts)) {}

std::unique_ptr<data::Stream> AutoregressiveTask::stream(int64_t batch, RandomStream random) {
  if (!has(Split::train)) throw UsageError("data.train", got_expected("nothing", "a training set"));
  return std::make_unique<data::ArrayStream>(
      std::map<std::string, torch::Tensor>{{"x", parts_.sets.at(Split::train).x}},
      data::ArrayStreamOptions{.batch = batch, .random = random});
}

std::string AutoregressiveTask::loss_name() const {
  return parts_.loaded.spec.config.label_weight == 1 ? "nll" : "objective";
}

train::Losses AutoregressiveTask::losses(const data::Batch& batch, const train::StepContext& context) {
  return {{loss_name(), parts_.loaded.model->objective(batch["x"], context.random).mean()}};
}

std::optional<train::StagedLosses> AutoregressiveTask::stages(const data::Batch& batch,
                                                              const train::StepContext& context) {
  auto staged = parts_.loaded.model->staged_objective(batch["x"], context.random);
  if (!staged) return std::nullopt;
  staged->chain.add("mean", [](const torch::Tensor& objective) { return objective.mean(); });
  return train::StagedLosses{.chain = std::move(staged->chain), .input = {staged->input}, .names = {loss_name()}};
}

train::Evaluation AutoregressiveTask::evaluate(const train::EvaluateOptions& options) {
  const auto found = parts_.sets.find(options.split);
  if (found == parts_.sets.end()) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "a data set to evaluate on"));
  }
  DensityModel& model = *parts_.loaded.model;
  const torch::NoGradGuard no_grad;
  const auto device = model.parameters().front().device();
  const int64_t limit = options.limit > 0 ? options.limit : (options.final ? 0 : parts_.eval.limit);
  const int64_t members = options.final ? model.members() : std::min(parts_.eval.orders, model.members());
  const int64_t N = limit > 0 ? std::min(limit, found->second.x.size(0)) : found->second.x.size(0);

  metrics::Estimator nll, accuracy;
  for (int64_t begin = 0; begin < N; begin += parts_.eval.batch) {
    const auto x = found->second.x.slice(0, begin, std::min(begin + parts_.eval.batch, N)).to(device);
    nll.add(-log_likelihood(model, x, members));
    if (is_joint(parts_.loaded.spec)) {
      accuracy.add(label_posterior(model, x.slice(1, 0, -1), members).argmax(1).eq(x.select(1, -1)));
    }
  }
  train::Evaluation result{.metrics = {{"nll", nll.estimate().mean}, {"nll_95", nll.estimate().half_width}},
                           .count = N};
  if (is_joint(parts_.loaded.spec)) result.metrics.emplace_back("accuracy", accuracy.estimate().mean);
  return result;
}

std::string AutoregressiveTask::describe() const {
  const auto& config = parts_.loaded.spec.config;
  return cat("Autoregressive density model of kind '", config.kind, "' over ", parts_.loaded.model->variables().D(),
             " variables, order '", config.order, "', ", parts_.loaded.model->members(), " ordering(s), trained on '",
             parts_.data.train, "' (binarize: ", parts_.data.binarize, ").");
}

std::string AutoregressiveTask::data_licence() const {
  return data::licence_of(parts_.data.train);
}

void AutoregressiveTask::write_samples(vision::Page& page) {
  write_gallery(page, parts_.loaded, parts_.sets);
}

std::unique_ptr<train::Task> make_task(const train::Recipe& recipe) {
  const auto model = read_options<ModelConfig>(recipe.document, "model");
  const auto data = read_options<DataConfig>(recipe.document, "data");
  const auto eval = read_options<EvalConfig>(recipe.document, "eval");
  const auto encoding = Encoding::of(data, model.seed);
  auto sets = load_data(data, encoding, model.label_place());
  if (!sets.count(Split::train)) throw UsageError("data.train", got_expected("nothing", "a training set"));
  const DataSet& train = sets.at(Split::train);
  if (train.x.size(0) == 0) throw InputError(data.train, got_expected("0 examples", "at least 1 to train on"));
  const ModelSpec spec{.config = model, .shape = train.shape, .encoding = encoding};
  auto network = make_model(spec);
  network->set_frequencies(frequencies(train.x, network->variables()));
  return std::make_unique<AutoregressiveTask>(AutoregressiveTask::Parts{
      .loaded = {spec, std::move(network)}, .sets = std::move(sets), .data = data, .eval = eval});
}

std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& document) {
  auto loaded = load_model(model_folder);
  const auto data = read_options<DataConfig>(document, "data");
  auto sets = load_data(data, loaded.spec.encoding, loaded.spec.config.label_place());
  for (const auto& [split, set] : sets) {
    if (set.shape != loaded.spec.shape) {
      throw InputError(
          cat("data.", data::name_of(split)),
          got_expected(cat("examples of shape ", c10::IntArrayRef(set.shape)), c10::IntArrayRef(loaded.spec.shape)));
    }
  }
  return std::make_unique<AutoregressiveTask>(
      AutoregressiveTask::Parts{.loaded = std::move(loaded), .sets = std::move(sets), .data = data, .eval = {}});
}

}  // namespace cairn::autoregressive
