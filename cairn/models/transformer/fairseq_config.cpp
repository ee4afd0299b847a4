#include "cairn/models/transformer/fairseq_config.h"

#include "cairn/base/error.h"

namespace cairn::transformer {

namespace {

Json flattened(const Json& options) {
  Json flat = Json::object();
  for (const auto& [key, value] : options.items()) {
    if (!value.is_object()) {
      flat[key] = value;
      continue;
    }
    for (const auto& [inner, inner_value] : value.items()) flat[cat(key, "_", inner)] = inner_value;
  }
  return flat;
}

/// An object below `values`, or null.
const Json& object_at(const Json& values, const char* key) {
  static const Json none;
  if (!values.is_object() || !values.contains(key) || !values[key].is_object()) return none;
  return values[key];
}

void require_transformer(const ForeignConfig& options) {
  const char* key = options.has("arch") ? "arch" : "_name";
  const auto name = options.text(key);
  if (name.starts_with("transformer") && !name.starts_with("transformer_lm")) return;
  options.refuse(key, name, "transformer or one of its sizes, a translation model");
}

/// Parts that our network lacks.
void require_plain(const ForeignConfig& options) {
  for (const char* key :
       {"layernorm_embedding", "adaptive_input", "cross_self_attention", "no_cross_attention", "char_inputs"}) {
    options.require(key, false);
  }
  for (const char* key : {"adaptive_softmax_cutoff", "encoder_layers_to_keep", "decoder_layers_to_keep",
                          "encoder_xformers_att_config", "decoder_xformers_att_config"}) {
    options.require_none(key);
  }
  options.require("base_layers", 0);
}

/// Where both sides say it, they say the same.
void require_like_sides(const ForeignConfig& options, const ModelConfig& c) {
  for (const char* key : {"decoder_embed_dim", "decoder_input_dim", "decoder_output_dim"}) {
    options.require(key, c.width);
  }
  options.require("decoder_ffn_embed_dim", c.feed_forward);
  options.require("decoder_attention_heads", c.heads);
  options.require("decoder_normalize_before", c.norm_first);
  options.require("decoder_learned_pos", options.flag("encoder_learned_pos", false));
  if (c.norm_first) options.require("no_decoder_final_norm", false);
}

std::string activation_of(const ForeignConfig& options) {
  const std::string key = "activation_fn";
  if (!options.has(key)) return "relu";
  const auto name = options.text(key);
  if (name == "relu" || name == "gelu") return name;
  if (name == "gelu_accurate" || name == "gelu_fast") return "gelu_tanh";
  options.refuse(key, name, "relu, gelu or gelu_accurate");
}

std::string positions_of(const ForeignConfig& options) {
  if (options.flag("no_token_positional_embeddings", false)) return "none";
  return options.flag("encoder_learned_pos", false) ? "learned" : "sinusoidal_fairseq";
}

std::string tie_of(const ForeignConfig& options) {
  if (options.flag("share_all_embeddings", false)) return "all";
  return options.flag("share_decoder_input_output_embed", false) ? "decoder" : "none";
}

double activation_dropout_of(const ForeignConfig& options) {
  const double p = options.number("activation_dropout", 0);
  return p > 0 ? p : options.number("relu_dropout", 0);
}

}  // namespace

ForeignConfig fairseq_options(const Json& values, const std::string& file) {
  if (const Json& args = object_at(values, "args"); !args.is_null()) return {flattened(args), cat(file, ", args")};
  if (const Json& model = object_at(object_at(values, "cfg"), "model"); !model.is_null()) {
    return {flattened(model), cat(file, ", cfg.model")};
  }
  throw InputError(file, got_expected("neither of them", "args or cfg.model, the options that fairseq keeps"));
}

ModelSpec fairseq_spec(const ForeignConfig& options) {
  constexpr int64_t kPositions = 1024;  // where none are given
  require_transformer(options);
  require_plain(options);
  ModelSpec spec;
  auto& c = spec.config;
  c.width = options.integer("encoder_embed_dim");
  c.heads = options.integer("encoder_attention_heads");
  c.feed_forward = options.integer("encoder_ffn_embed_dim");
  c.encoder_layers = options.integer("encoder_layers");
  c.decoder_layers = options.integer("decoder_layers");
  c.norm_first = options.flag("encoder_normalize_before", false);
  require_like_sides(options, c);
  c.activation = activation_of(options);
  c.positions = positions_of(options);
  c.first_position = c.positions == "sinusoidal_fairseq" ? kFirstFairseqPosition : 0;
  c.max_length = std::min(options.integer("max_source_positions", kPositions),
                          options.integer("max_target_positions", kPositions));
  c.tie = tie_of(options);
  c.embedding_scale = !options.flag("no_scale_embedding", false);
  c.dropout = options.number("dropout", c.dropout);
  c.attention_dropout = options.number("attention_dropout", 0);
  c.activation_dropout = activation_dropout_of(options);
  c.label_smoothing = options.number("label_smoothing", 0);
  return spec;
}

}  // namespace cairn::transformer
