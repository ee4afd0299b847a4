#include "cairn/models/transformer/transformer_task.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/source.h"
#include "cairn/models/model_folder.h"
#include "cairn/models/transformer/language_task.h"
#include "cairn/models/transformer/text_data.h"
#include "cairn/models/transformer/translation_task.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::transformer {

std::string TransformerTask::describe() const {
  const auto& c = loaded_.spec.config;
  const auto layers = c.translates() ? cat(c.encoder_layers, " + ", c.decoder_layers) : cat(c.decoder_layers);
  return cat(c.translates() ? "Transformer for translation" : "Transformer language model", ": ", layers,
             " layers of width ", c.width, ", ", c.heads, " heads, feed-forward ", c.feed_forward, ", over ",
             loaded_.spec.vocabulary, " tokens (", data_.tokens, "), trained on '", data_.train, "'.");
}

std::string TransformerTask::data_licence() const {
  if (data::is_generated_text(data_.train)) return "generated";
  return data::licence_of(split(data_.train, ':').front());
}

void TransformerTask::write_extras(const std::filesystem::path& model_folder) const {
  loaded_.spec.write_tokenizers(model_folder);
}

int64_t TransformerTask::limit_of(const train::EvaluateOptions& options) const {
  return options.limit > 0 || options.final ? options.limit : eval_.limit;
}

void TransformerTask::redraw(const train::StepContext& context) {
  const int64_t every = loaded_.spec.config.redraw_every;
  if (every > 0) nn::redraw_random_features(*loaded_.network, context.step / every);
}

train::StagedLosses TransformerTask::staged_losses(nn::Chain states, nn::Activations input,
                                                   torch::Tensor targets) const {
  train::StagedLosses staged{.chain = std::move(states), .input = std::move(input), .names = {"loss", "nll"}};
  staged.chain.add("loss", [&network = *loaded_.network, targets](const nn::Activations& a) -> nn::Activations {
    const auto out = ops::cross_entropy(a.at(0).flatten(0, 1), network.output_weight(), network.output_bias(), targets,
                                        {.smoothing = network.config().label_smoothing});
    return {out.mean, out.losses.sum() / static_cast<double>(std::max<int64_t>(out.count, 1))};
  });
  return staged;
}

namespace {

std::unique_ptr<train::Task> language_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  auto texts = data::load_texts(data::text_splits(data), loaded.spec.tokenizer);
  return std::make_unique<LanguageTask>(std::move(loaded), data, eval, std::move(texts));
}

std::unique_ptr<train::Task> translation_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval,
                                              ParallelTexts texts) {
  auto sets = encode_pair_sets(texts, loaded.spec, data);
  return std::make_unique<TranslationTask>(std::move(loaded), data, eval,
                                           TranslationData{std::move(texts), std::move(sets)});
}

void make_fresh(LoadedModel& loaded, text::Tokenizer tokenizer) {
  loaded.spec.vocabulary = tokenizer.size();
  loaded.spec.tokenizer = std::move(tokenizer);
  loaded.network = make_network(loaded.spec);
}

}  // namespace

std::unique_ptr<train::Task> make_task(const train::Recipe& recipe) {
  LoadedModel loaded;
  loaded.spec.config = read_options<ModelConfig>(recipe.document, "model");
  const auto data = read_options<DataConfig>(recipe.document, "data");
  const auto eval = read_options<EvalConfig>(recipe.document, "eval");
  if (!loaded.spec.config.translates()) {
    make_fresh(loaded, data::learn_tokenizer(data::tokenizer_options(data), data::text_splits(data)));
    return language_task(std::move(loaded), data, eval);
  }
  if (data.train.empty()) throw UsageError("data.train", got_expected("nothing", "training sentences"));
  auto texts = load_parallel_texts(data);
  make_fresh(loaded, learn_joint_tokenizer(data, texts.at(data::Split::train)));
  return translation_task(std::move(loaded), data, eval, std::move(texts));
}

namespace {

/// As the model's recipe says, whatever data it is measured on.
EvalConfig evaluation_of(const std::filesystem::path& model_folder) {
  const Json config = read_model_config(model_folder);
  if (!config.contains("recipe")) return {};
  return read_options<EvalConfig>(Document(config["recipe"], (model_folder / "config.json").string()), "eval");
}

}  // namespace

std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& document) {
  auto loaded = load_model(model_folder);
  const auto data = read_options<DataConfig>(document, "data");
  const auto eval = evaluation_of(model_folder);
  if (!loaded.spec.config.translates()) return language_task(std::move(loaded), data, eval);
  return translation_task(std::move(loaded), data, eval, load_parallel_texts(data));
}

}  // namespace cairn::transformer
