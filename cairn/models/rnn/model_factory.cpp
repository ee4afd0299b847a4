#include "cairn/models/rnn/model_factory.h"

#include "cairn/base/error.h"
#include "cairn/models/model_folder.h"

namespace cairn::rnn {

namespace {

struct SizeFields {
  Sizes sizes;
  void fields(Fields& f) {
    f("inputs", sizes.inputs, "tokens, or features a step", at_least(1));
    f("outputs", sizes.outputs, "tokens, or labels", at_least(1));
  }
};

}  // namespace

Json ModelSpec::to_json() const {
  ModelConfig options = config;
  SizeFields rest{sizes};
  Json json = fields_of(options).to_json();
  json.update(fields_of(rest).to_json());
  return json;
}

LoadedModel load_model(const std::filesystem::path& folder) {
  const Json config = read_model_config(folder);
  const std::string source = (folder / "config.json").string();
  ModelSpec spec;
  SizeFields rest;
  Fields fields;  // both sets of options share one flat object
  spec.config.fields(fields);
  rest.fields(fields);
  fields.read(Document(config.at("model"), source), "model");
  spec.sizes = rest.sizes;
  if (spec.language()) {
    spec.tokenizer = text::Tokenizer::read(folder);
    if (spec.tokenizer.size() != spec.sizes.inputs) {
      throw InputError(
          (folder / "tokenizer.json").string(),
          got_expected(cat(spec.tokenizer.size(), " tokens"), cat(spec.sizes.inputs, " as in config.json")));
    }
  }
  auto network = std::make_shared<SequenceNetwork>(spec.config, spec.sizes);
  load_weights(*network, folder / "model.safetensors");
  network->eval();
  return {std::move(spec), std::move(network)};
}

}  // namespace cairn::rnn
