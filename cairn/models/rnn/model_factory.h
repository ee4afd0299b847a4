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
  text::Tokenizer tokenizer;  ///< of a language model

  bool language() const { return config.task == "language_model"; }
  /// Without the tokenizer, which is a file of its own.
  Json to_json() const;
};

struct LoadedModel {
  ModelSpec spec;
  std::shared_ptr<SequenceNetwork> network;
};

/// Reads config.json, model.safetensors and tokenizer.json, strictly.
LoadedModel load_model(const std::filesystem::path& folder);

}  // namespace cairn::rnn
