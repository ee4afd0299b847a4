#include "cairn/models/transformer/model_factory.h"

#include "cairn/base/error.h"
#include "cairn/models/model_folder.h"

namespace cairn::transformer {

namespace {

/// What a trained model has besides its options.
struct LearnedFields {
  int64_t vocabulary = 0;
  int64_t first_token = -1;
  int64_t padding = -1;
  void fields(Fields& f) {
    f("vocabulary", vocabulary, "tokens", at_least(1));
    f("first_token", first_token, "what a target begins behind (-1: the token that ends a line)", at_least(-1));
    f("padding", padding, "a token that is never written (-1: none)", at_least(-1));
  }
};

}  // namespace

Json ModelSpec::to_json() const {
  ModelConfig options = config;
  LearnedFields learned{vocabulary, first_token, padding};
  return fields_of(options, learned).to_json();
}

ModelSpec ModelSpec::from_json(const Json& model, const std::string& source) {
  ModelSpec spec;
  LearnedFields learned;
  fields_of(spec.config, learned).read(Document(model, source), "model");
  spec.vocabulary = learned.vocabulary;
  spec.first_token = learned.first_token;
  spec.padding = learned.padding;
  const auto check = [&](const char* key, int64_t token) {
    if (token < spec.vocabulary) return;
    throw InputError(source, cat(key, ": ", got_expected(token, cat("below ", spec.vocabulary))));
  };
  check("first_token", spec.first_token);
  check("padding", spec.padding);
  return spec;
}

std::shared_ptr<Transformer> make_network(const ModelSpec& spec) {
  return std::make_shared<Transformer>(spec.config, spec.vocabulary);
}

namespace {

constexpr const char* kTargetFolder = "target";

}  // namespace

void ModelSpec::write_tokenizers(const std::filesystem::path& folder) const {
  tokenizer.write(folder);
  if (!of_target) return;
  std::filesystem::create_directory(folder / kTargetFolder);
  of_target->write(folder / kTargetFolder);
}

void read_tokenizers(const std::filesystem::path& folder, ModelSpec& spec) {
  spec.tokenizer = text::Tokenizer::read(folder, spec.vocabulary);
  const auto target = folder / kTargetFolder;
  if (std::filesystem::is_directory(target)) spec.of_target = text::Tokenizer::read(target, spec.vocabulary);
}

LoadedModel load_model(const std::filesystem::path& folder) {
  const Json config = read_model_config(folder);
  auto spec = ModelSpec::from_json(config.at("model"), (folder / "config.json").string());
  read_tokenizers(folder, spec);
  auto network = load_network(folder, [&spec] { return make_network(spec); });
  return {std::move(spec), std::move(network)};
}

}  // namespace cairn::transformer
