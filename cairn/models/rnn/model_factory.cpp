#include "cairn/models/rnn/model_factory.h"

#include "cairn/base/error.h"
#include "cairn/models/model_folder.h"

namespace cairn::rnn {

namespace {

/// What a trained model has besides its options.
struct LearnedFields {
  Sizes sizes;
  std::vector<std::string> labels;
  void fields(Fields& f) {
    f("inputs", sizes.inputs, "tokens, or features a step", at_least(1));
    f("outputs", sizes.outputs, "tokens, or labels", at_least(1));
    f("labels", labels, "names of the labels of words");
  }
};

void check(const ModelSpec& spec, const std::string& source) {
  const auto names = static_cast<int64_t>(spec.labels.size());
  if (names != (spec.config.words ? spec.sizes.outputs : 0)) {
    throw InputError(source,
                     cat("labels: ", got_expected(cat(names, " names"),
                                                  cat(spec.sizes.outputs, " of a model with words: true, else none"))));
  }
}

}  // namespace

Json ModelSpec::to_json() const {
  ModelConfig options = config;
  LearnedFields learned{sizes, labels};
  return fields_of(options, learned).to_json();
}

ModelSpec ModelSpec::from_json(const Json& model, const std::string& source) {
  ModelSpec spec;
  LearnedFields learned;
  fields_of(spec.config, learned).read(Document(model, source), "model");
  spec.sizes = learned.sizes;
  spec.labels = learned.labels;
  check(spec, source);
  return spec;
}

std::shared_ptr<SequenceNetwork> make_network(const ModelSpec& spec) {
  return std::make_shared<SequenceNetwork>(spec.config, spec.sizes);
}

LoadedModel load_model(const std::filesystem::path& folder) {
  const Json config = read_model_config(folder);
  auto spec = ModelSpec::from_json(config.at("model"), (folder / "config.json").string());
  if (spec.config.reads_tokens()) spec.tokenizer = text::Tokenizer::read(folder, spec.sizes.inputs);
  auto network = load_network(folder, [&spec] { return make_network(spec); });
  return {std::move(spec), std::move(network)};
}

}  // namespace cairn::rnn
