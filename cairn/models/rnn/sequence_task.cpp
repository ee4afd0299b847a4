#include "cairn/models/rnn/sequence_task.h"

#include "cairn/base/error.h"
#include "cairn/data/source.h"
#include "cairn/models/rnn/labelling_task.h"
#include "cairn/models/rnn/language_task.h"
#include "cairn/models/rnn/text_data.h"

namespace cairn::rnn {

std::string SequenceTask::describe() const {
  const auto& c = loaded_.spec.config;
  const bool language = loaded_.spec.language();
  return cat(
      language ? "Language model" : "Sequence labelling", ": ", c.layers, " ", c.bidirectional ? "bidirectional " : "",
      c.cell, " layer(s) of ", c.hidden, " units over ", loaded_.spec.sizes.inputs,
      language ? cat(" tokens (", data_.tokens, "s)") : cat(" features, ", loaded_.spec.sizes.outputs, " labels"),
      ", trained on '", data_.train, "'.");
}

std::string SequenceTask::data_licence() const {
  return data::licence_of(data_.train);
}

std::unique_ptr<train::Task> make_task(const train::Recipe& recipe) {
  LoadedModel loaded;
  loaded.spec.config = read_options<ModelConfig>(recipe.document, "model");
  const auto data = read_options<DataConfig>(recipe.document, "data");
  const auto eval = read_options<EvalConfig>(recipe.document, "eval");
  if (loaded.spec.language()) {
    loaded.spec.tokenizer = learn_tokenizer(data);
    auto texts = load_texts(data, loaded.spec.tokenizer);
    loaded.spec.sizes = {loaded.spec.tokenizer.size(), loaded.spec.tokenizer.size()};
    loaded.network = std::make_shared<SequenceNetwork>(loaded.spec.config, loaded.spec.sizes);
    return std::make_unique<LanguageTask>(std::move(loaded), data, eval, std::move(texts));
  }
  if (data.train.empty()) throw UsageError("data.train", got_expected("nothing", "training sequences"));
  auto sets = load_sequence_sets(data);
  const auto& train = sets.at(data::Split::train);
  loaded.spec.sizes = {train[0].x.size(1), label_count(train)};
  loaded.network = std::make_shared<SequenceNetwork>(loaded.spec.config, loaded.spec.sizes);
  set_feature_scale(*loaded.network, train);
  check_sets(sets, loaded.spec.sizes);
  return std::make_unique<LabellingTask>(std::move(loaded), data, eval, std::move(sets));
}

std::unique_ptr<train::Task> make_evaluator(const std::filesystem::path& model_folder, const Document& document) {
  auto loaded = load_model(model_folder);
  const auto data = read_options<DataConfig>(document, "data");
  if (loaded.spec.language()) {
    auto texts = load_texts(data, loaded.spec.tokenizer);
    return std::make_unique<LanguageTask>(std::move(loaded), data, EvalConfig(), std::move(texts));
  }
  auto sets = load_sequence_sets(data);
  check_sets(sets, loaded.spec.sizes);
  return std::make_unique<LabellingTask>(std::move(loaded), data, EvalConfig(), std::move(sets));
}

}  // namespace cairn::rnn
