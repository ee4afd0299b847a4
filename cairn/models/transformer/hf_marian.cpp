#include "cairn/models/transformer/hf_marian.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/transformer/hf_folder.h"
#include "cairn/models/transformer/transformer_weights.h"
#include "cairn/nn/positions.h"
#include "cairn/nn/state_dict.h"

namespace cairn::transformer {

namespace fs = std::filesystem;

namespace {

constexpr char kLayout[] = "hf-marian";
constexpr char kPadding[] = "<pad>";
constexpr char kEmbedding[] = "encoder.embed_tokens.weight";
const std::vector<std::string> kSides{"encoder", "decoder"};

// ---- from Hugging Face

int64_t same_on_both_sides(const ForeignConfig& config, const std::string& what) {
  const int64_t encoder = config.integer("encoder_" + what), decoder = config.integer("decoder_" + what);
  if (encoder != decoder) config.refuse("decoder_" + what, cat(decoder), cat(encoder, ", as the encoder's"));
  return encoder;
}

ModelSpec spec_of(const ForeignConfig& config) {
  config.require("share_encoder_decoder_embeddings", true);
  config.require("tie_word_embeddings", true);
  for (const char* key : {"normalize_before", "normalize_embedding", "add_final_layer_norm", "is_decoder"}) {
    config.require(key, false);
  }
  config.require("is_encoder_decoder", true);
  ModelSpec spec;
  auto& c = spec.config;
  c.width = config.integer("d_model");
  c.heads = same_on_both_sides(config, "attention_heads");
  c.feed_forward = same_on_both_sides(config, "ffn_dim");
  c.encoder_layers = config.integer("encoder_layers");
  c.decoder_layers = config.integer("decoder_layers");
  c.activation = activation_of_hf(config, "activation_function");
  c.positions = "sinusoidal_halves";
  c.max_length = config.integer("max_position_embeddings");
  c.embedding_scale = config.flag("scale_embedding", false);
  c.output_bias = true;
  c.dropout = config.number("dropout", c.dropout);
  c.attention_dropout = config.number("attention_dropout", c.attention_dropout);
  c.activation_dropout = config.number("activation_dropout", c.activation_dropout);
  spec.vocabulary = config.integer("vocab_size");
  spec.first_token = config.integer("decoder_start_token_id");
  return spec;
}

void read_hf_tokenizers(const fs::path& folder, const ForeignConfig& config, ModelSpec& spec) {
  const auto numbers = read_hf_vocabulary(folder / "vocab.json", spec.vocabulary);
  const text::TokenizerOptions options{.kind = text::TokenKind::sentencepiece, .unknown = text::UnknownRule::map};
  spec.tokenizer = text::Tokenizer(options, text::SentencePiece::read(folder / "source.spm"), numbers);
  spec.of_target = text::Tokenizer(options, text::SentencePiece::read(folder / "target.spm"), numbers);
  if (spec.tokenizer.line_end() != config.integer("eos_token_id")) {
    config.refuse("eos_token_id", cat(config.integer("eos_token_id")), cat(spec.tokenizer.line_end(), ", </s>"));
  }
}

/// Positions that were saved are ours, learned ones, or an error.
void take_positions(io::TensorMap& tensors, ModelSpec& spec, const std::string& source) {
  const auto& c = spec.config;
  const auto are_sinusoids = [&c](const torch::Tensor& saved) {
    return saved.sizes() == torch::IntArrayRef{c.max_length, c.width} &&
           torch::allclose(saved, nn::sinusoids(c.max_length, c.width, nn::Sinusoid::halves), 0, 1e-6);
  };
  size_t there = 0, same = 0;
  for (const auto& side : kSides) {
    const auto found = tensors.find(side + ".embed_positions.weight");
    if (found == tensors.end()) continue;
    ++there;
    same += are_sinusoids(found->second.to(torch::kFloat32));
  }
  if (same == there) {
    for (const auto& side : kSides) tensors.erase(side + ".embed_positions.weight");
  } else if (there == kSides.size()) {
    spec.config.positions = "learned";
  } else {
    throw InputError(source, "got positions of one side that are no sinusoids, expected those of both");
  }
}

io::TensorMap renamed(const io::TensorMap& tensors, const std::string& source) {
  constexpr std::string_view kPrefix = "model.";
  io::TensorMap ours;
  for (const auto& [name, tensor] : tensors) {
    ours[name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name] = tensor;
  }
  for (const char* name : {"shared.weight", "decoder.embed_tokens.weight", "lm_head.weight"}) {
    if (ours.contains(name)) ours.emplace(kEmbedding, ours.at(name));
  }
  if (const auto embedding = ours.find(kEmbedding); embedding != ours.end()) {
    drop_copies(ours, torch::Tensor(embedding->second),
                {"shared.weight", "decoder.embed_tokens.weight", "lm_head.weight"}, source);
    const auto bias = ours.extract("final_logits_bias");
    ours["output_bias"] = bias.empty() ? torch::zeros({embedding->second.size(0)}) : bias.mapped().flatten();
  }
  return ours;
}

void import_hf_marian(const ImportRequest& request) {
  auto model = read_hf_model(request, "marian");
  auto spec = spec_of(model.config);
  read_hf_tokenizers(only_file(request), model.config, spec);
  auto tensors = renamed(model.tensors, model.source);
  take_positions(tensors, spec, model.source);
  write_imported_transformer(spec, tensors, request);
}

// ---- to Hugging Face

void require_marian(const ModelSpec& spec) {
  const auto& c = spec.config;
  const auto require = [](bool holds, const std::string& got, const char* expected) {
    if (!holds) throw UsageError(kLayout, got_expected("a model with " + got, expected));
  };
  require(c.translates(), cat("task ", c.task), "translation");
  require(!c.norm_first, "norm_first", "normalisation behind each part");
  require(c.norm == "layer" && c.norm_eps == 1e-5, cat("norm ", c.norm, ", norm_eps ", c.norm_eps), "layer, 1e-5");
  require(c.attention == "softmax", cat("attention ", c.attention), "softmax");
  require(c.encoder_attention == "softmax", cat("encoder_attention ", c.encoder_attention), "softmax");
  require(!c.rotary(), "rotary positions", "positions that are added");
  require(c.bias, "no bias", "bias: true");
  require(c.tie == "all", cat("tie: ", c.tie), "all");
  require(spec.tokenizer.pieces().has_value(), "other tokens", "sentencepiece");
}

/// A network as Marian's configuration says it.
struct MarianModel {
  ModelSpec spec;
  io::TensorMap tensors;            // by our names
  std::vector<std::string> tokens;  // by number
  int64_t start;
};

/// Padding, with an embedding of 0, behind the other tokens; it is never likely.
void add_padding(MarianModel& model) {
  if (std::ranges::find(model.tokens, kPadding) != model.tokens.end()) {
    throw UsageError(kLayout, got_expected(cat("a token ", kPadding, " that no sentence starts from"), "none"));
  }
  auto& embedding = model.tensors.at(kEmbedding);
  auto& bias = model.tensors.at("output_bias");
  embedding = torch::cat({embedding, torch::zeros({1, embedding.size(1)})});
  bias = torch::cat({bias, torch::full({1}, kNeverLikely)});
  model.start = static_cast<int64_t>(model.tokens.size());
  model.tokens.emplace_back(kPadding);
}

torch::Tensor positions_or_zero(const TokenStack& stack, const ModelConfig& c) {
  const auto& positions = stack->positions();
  return positions.defined() ? positions.detach().clone() : torch::zeros({c.max_length, c.width});
}

MarianModel marian_model(const fs::path& model_folder) {
  const auto loaded = load_model(model_folder);
  MarianModel model{.spec = loaded.spec, .tensors = {}, .tokens = {}, .start = loaded.spec.start()};
  const auto& c = model.spec.config;
  require_marian(model.spec);
  for (const auto& [name, tensor] : nn::state_dict(*loaded.network)) model.tensors[name] = tensor.to(torch::kFloat32);
  model.tensors.emplace("output_bias", torch::zeros({model.spec.vocabulary}));
  for (int64_t id = 0; id < model.spec.vocabulary; ++id) model.tokens.push_back(model.spec.tokenizer.display(id));
  model.tensors["encoder.embed_positions.weight"] = positions_or_zero(loaded.network->encoder(), c);
  auto& positions = model.tensors["decoder.embed_positions.weight"] = positions_or_zero(loaded.network->decoder(), c);
  const auto start = model.tensors.at(kEmbedding)[model.start].clone();
  if (start.count_nonzero().item<int64_t>() > 0 || model.tokens[static_cast<size_t>(model.start)] != kPadding) {
    positions[0] += c.embedding_scale ? start * std::sqrt(static_cast<double>(c.width)) : start;
    add_padding(model);
  }
  return model;
}

Json config_of(const MarianModel& model) {
  const auto& c = model.spec.config;
  const auto size = static_cast<int64_t>(model.tokens.size());
  return {{"architectures", {"MarianMTModel"}},
          {"model_type", "marian"},
          {"vocab_size", size},
          {"decoder_vocab_size", size},
          {"d_model", c.width},
          {"encoder_layers", c.encoder_layers},
          {"decoder_layers", c.decoder_layers},
          {"encoder_attention_heads", c.heads},
          {"decoder_attention_heads", c.heads},
          {"encoder_ffn_dim", c.feed_forward},
          {"decoder_ffn_dim", c.feed_forward},
          {"activation_function", activation_to_hf(c.activation, kLayout)},
          {"max_position_embeddings", c.max_length},
          {"scale_embedding", c.embedding_scale},
          {"dropout", c.dropout},
          {"attention_dropout", c.attention_dropout},
          {"activation_dropout", c.activation_dropout},
          {"is_encoder_decoder", true},
          {"normalize_before", false},
          {"normalize_embedding", false},
          {"share_encoder_decoder_embeddings", true},
          {"static_position_embeddings", true},
          {"tie_word_embeddings", true},
          {"bos_token_id", nullptr},
          {"eos_token_id", model.spec.tokenizer.line_end()},
          {"pad_token_id", model.start},
          {"decoder_start_token_id", model.start}};
}

Json generation_of(const MarianModel& model) {
  return {{"bad_words_ids", {{model.start}}},
          {"decoder_start_token_id", model.start},
          {"eos_token_id", model.spec.tokenizer.line_end()},
          {"pad_token_id", model.start},
          {"max_length", model.spec.config.max_length},
          {"num_beams", 4}};
}

io::TensorMap tensors_of(const MarianModel& model) {
  io::TensorMap theirs;
  for (const auto& [name, tensor] : model.tensors) {
    if (name == kEmbedding) {
      theirs["model.shared.weight"] = tensor;
    } else if (name == "output_bias") {
      theirs["final_logits_bias"] = tensor.unsqueeze(0);
    } else {
      theirs["model." + name] = tensor;
    }
  }
  return theirs;
}

void export_hf_marian(const ExportRequest& request) {
  const auto model = marian_model(request.model_folder);
  const auto& spec = model.spec;
  Json vocabulary = Json::object();
  for (size_t id = 0; id < model.tokens.size(); ++id) vocabulary[model.tokens[id]] = id;
  io::AtomicFolder folder(request.out);
  const auto write_json = [&](const char* name, const Json& json) {
    io::write_file(folder.path() / name, json.dump(2) + "\n");
  };
  write_json("config.json", config_of(model));
  write_json("generation_config.json", generation_of(model));
  write_json("vocab.json", vocabulary);
  write_json("tokenizer_config.json", {{"tokenizer_class", "MarianTokenizer"},
                                       {"unk_token", "<unk>"},
                                       {"eos_token", "</s>"},
                                       {"pad_token", kPadding},
                                       {"model_max_length", spec.config.max_length}});
  io::write_file(folder.path() / "source.spm", spec.tokenizer.pieces()->model());
  io::write_file(folder.path() / "target.spm", spec.target_tokenizer().pieces()->model());
  io::write_safetensors(folder.path() / "model.safetensors", tensors_of(model), {{"format", "pt"}});
  folder.commit();
}

}  // namespace

Layout hf_marian_layout() {
  return {
      .name = kLayout,
      .help = "a folder of Marian's translation model as Hugging Face's transformers stores it, with its tokenizers",
      .import_model = import_hf_marian,
      .export_model = export_hf_marian};
}

}  // namespace cairn::transformer
