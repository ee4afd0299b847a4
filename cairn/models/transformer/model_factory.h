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
  int64_t first_token = -1;                  ///< what a target begins behind; -1: the token that ends a line
  int64_t padding = -1;                      ///< a token that is never written; -1: none
  text::Tokenizer tokenizer;                 ///< of the source, and of the target where that has none of its own
  std::optional<text::Tokenizer> of_target;  ///< as many tokens and the same end of a line; other words or pieces

  int64_t start() const { return first_token >= 0 ? first_token : tokenizer.line_end(); }

  const text::Tokenizer& target_tokenizer() const { return of_target ? *of_target : tokenizer; }
  /// Into a model folder.
  void write_tokenizers(const std::filesystem::path& folder) const;

  /// Without the tokenizers, which are files of their own.
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

/// The tokenizers of a model folder into `spec`. Throws InputError if they are none for it.
void read_tokenizers(const std::filesystem::path& folder, ModelSpec& spec);

/// Reads config.json, model.safetensors and the tokenizer's files, strictly.
LoadedModel load_model(const std::filesystem::path& folder);

}  // namespace cairn::transformer
