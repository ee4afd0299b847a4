// What a model folder says besides its weights, and the network made from it.
#pragma once

#include <filesystem>
#include <memory>

#include "cairn/base/document.h"
#include "cairn/models/transformer/transformer.h"
#include "cairn/text/tokenizer.h"

namespace cairn::transformer {

struct ModelSpec {
  ModelConfig config;
  int64_t vocabulary = 0;
  int64_t first_token = -1;  ///< what a target begins behind; -1: the token that ends a line
  text::Tokenizer tokenizer;

  int64_t start() const { return first_token >= 0 ? first_token : tokenizer.line_end(); }

  /// Without the tokenizer, which is a file of its own.
  Json to_json() const;
  /// The "model" part of a config.json; `source` names it in messages. Throws UsageError for an unknown key or a value
  /// that does not fit.
  static ModelSpec from_json(const Json& model, const std::string& source);
};

struct LoadedModel {
  ModelSpec spec;
  std::shared_ptr<Transformer> network;
};

/// A fresh network.
std::shared_ptr<Transformer> make_network(const ModelSpec& spec);

/// The tokenizer of a model folder. Throws InputError if it is not one for `spec`.
text::Tokenizer read_tokenizer(const std::filesystem::path& folder, const ModelSpec& spec);

/// Reads config.json, model.safetensors and the tokenizer's files, strictly.
LoadedModel load_model(const std::filesystem::path& folder);

}  // namespace cairn::transformer
