#include "cairn/models/rnn/sequence_task.h"

#include "cairn/base/error.h"
#include "cairn/data/source.h"
#include "cairn/data/text_section.h"
#include "cairn/models/rnn/labelling_task.h"
#include "cairn/models/rnn/language_task.h"
#include "cairn/models/rnn/memory_task.h"
#include "cairn/models/rnn/word_data.h"

namespace cairn::rnn {

namespace {

std::string what_goes_in_and_out(const ModelSpec& spec, const DataConfig& data) {
  if (spec.config.language()) return cat(spec.sizes.inputs, " tokens (", data.tokens, "s)");
  return cat(spec.sizes.inputs, spec.config.words ? " words, " : " features, ", spec.sizes.outputs, " labels");
}

}  // namespace

std::string SequenceTask::describe() const {
  const auto& c = loaded_.spec.config;
  return cat(c.language() ? "Language model" : "Sequence labelling", ": ", c.layers, " ",
             c.bidirectional ? "bidirectional " : "", c.cell, " layer(s) of ", c.hidden, " units over ",
             what_goes_in_and_out(loaded_.spec, data_), ", trained on '", data_.train, "'.");
}

std::string SequenceTask::data_licence() const {
  return data::licence_of(data_.train);
}

void SequenceTask::write_extras(const std::filesystem::path& model_folder) const {
  if (loaded_.spec.config.reads_tokens()) loaded_.spec.tokenizer.write(model_folder);
}

train::StagedLosses SequenceTask::staged_losses(SequenceNetwork::Staged network, const torch::Tensor& x,
                                                const Loss& loss) const {
  train::StagedLosses staged{.chain = std::move(network.chain), .input = {x}, .names = {loss.name}};
  if (loaded_.network->penalises(x.size(0))) staged.names = {"loss", loss.name};
  staged.chain.add("loss", [this, loss](const nn::Activations& y) -> nn::Activations {
    const auto out = loaded_.network->finish(y.at(0));
    const auto value = loss.of(out.h);
    if (!out.penalty.defined()) return {value};
    return {value + out.penalty, value.detach()};
  });
  return staged;
}

namespace {

std::unique_ptr<train::Task> language_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  auto texts = data::load_texts(data::text_splits(data), loaded.spec.tokenizer);
  return std::make_unique<LanguageTask>(std::move(loaded), data, eval, std::move(texts));
}

std::unique_ptr<train::Task> fresh_language_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  auto& spec = loaded.spec;
  spec.tokenizer = data::learn_tokenizer(data::tokenizer_options(data), data::text_splits(data));
  spec.sizes = {spec.tokenizer.size(), spec.tokenizer.size()};
  loaded.network = make_network(spec);
  return language_task(std::move(loaded), data, eval);
}

std::unique_ptr<train::Task> fresh_labelling_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  auto sets = load_sequence_sets(data);
  const auto& train = sets.at(data::Split::train);
  loaded.spec.sizes = {train[0].x.size(1), label_count(train)};
  loaded.network = make_network(loaded.spec);
  set_feature_scale(*loaded.network, train);
  check_sets(sets, loaded.spec.sizes);
  return std::make_unique<LabellingTask>(std::move(loaded), data, eval, std::move(sets));
}

std::unique_ptr<train::Task> fresh_word_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  const auto sentences = load_sentences(data);
  auto& spec = loaded.spec;
  spec.tokenizer = learn_words(data, sentences.at(data::Split::train), spec.labels);
  spec.sizes = {spec.tokenizer.size(), static_cast<int64_t>(spec.labels.size())};
  auto sets = encode_sentences(sentences, spec.tokenizer, spec.labels);
  loaded.network = make_network(spec);
  return std::make_unique<LabellingTask>(std::move(loaded), data, eval, std::move(sets));
}

std::unique_ptr<train::Task> fresh_memory_task(LoadedModel loaded, const DataConfig& data, const EvalConfig& eval) {
  loaded.spec.sizes = sizes_of(memory_problem(loaded.spec.config, data.length));
  loaded.network = make_network(loaded.spec);
  return std::make_unique<MemoryTask>(std::move(loaded), data, eval);
}

void require_trainable(const ModelConfig& model) {
  if (!model.predicts()) throw UsageError("model.task", got_expected("states", "a task that is learned"));
}

}  // namespace

std::unique_ptr<train::Task> make_task(const train::Recipe& recipe) {
  LoadedModel loaded;
  loaded.spec.config = read_options<ModelConfig>(recipe.document, "model");
  const ModelConfig model = loaded.spec.config;
  const auto data = read_options<DataConfig>(recipe.document, "data");
  const auto eval = read_options<EvalConfig>(recipe.document, "eval");
  require_trainable(model);
  if (model.language()) return fresh_language_task(std::move(loaded), data, eval);
  if (!model.labels()) return fresh_memory_task(std::move(loaded), data, eval);
  if (data.train.empty()) throw UsageError("data.train", got_expected("nothing", "training sequences"));
  return model.words ? fresh_word_task(std::move(loaded), data, eval)
                     : fresh_labelling_task(std::move(loaded), data, eval);
}

std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& document) {
  auto loaded = load_model(model_folder);
  const ModelConfig model = loaded.spec.config;
  const auto data = read_options<DataConfig>(document, "data");
  const EvalConfig eval;
  require_trainable(model);
  if (model.language()) return language_task(std::move(loaded), data, eval);
  if (!model.labels()) return std::make_unique<MemoryTask>(std::move(loaded), data, eval);
  auto sets = model.words ? encode_sentences(load_sentences(data), loaded.spec.tokenizer, loaded.spec.labels)
                          : load_sequence_sets(data);
  if (!model.words) check_sets(sets, loaded.spec.sizes);
  return std::make_unique<LabellingTask>(std::move(loaded), data, eval, std::move(sets));
}

}  // namespace cairn::rnn
