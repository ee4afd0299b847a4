// What a model folder says besides its weights, and the network made from it.
#pragma once

#include <filesystem>
#include <memory>

#include "cairn/base/document.h"
#include "cairn/models/rnn/sequence_network.h"
#include "cairn/text/tokenizer.h"

namespace cairn::rnn {

struct ModelSpec {
  ModelConfig config;
  Sizes sizes;
  std::vector<std::string> labels;  ///< names of the labels of words; empty of features
  text::Tokenizer tokenizer;        ///< of what reads tokens

  /// Without the tokenizer, which is a file of its own.
  Json to_json() const;
  /// The "model" part of a config.json; `source` names it in messages. Throws UsageError for an unknown key or a value
  /// that does not fit.
  static ModelSpec from_json(const Json& model, const std::string& source);
};

struct LoadedModel {
  ModelSpec spec;
  std::shared_ptr<SequenceNetwork> network;
};

/// A fresh network.
std::shared_ptr<SequenceNetwork> make_network(const ModelSpec& spec);

/// Reads config.json, model.safetensors and tokenizer.json, strictly.
LoadedModel load_model(const std::filesystem::path& folder);

}  // namespace cairn::rnn
