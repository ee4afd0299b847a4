// A model as Hugging Face's transformers stores it: a folder with config.json and weights.
#pragma once

#include <filesystem>
#include <string>

#include "cairn/base/document.h"
#include "cairn/io/tensor_map.h"
#include "cairn/models/layout.h"
#include "cairn/models/transformer/foreign_config.h"
#include "cairn/text/vocabulary.h"

namespace cairn::transformer {

struct HfModel {
  ForeignConfig config;
  io::TensorMap tensors;  ///< of model.safetensors or, where there is none, pytorch_model.bin
  std::string source;     ///< the weights' file, for messages
};

/// The one folder that an import names. Throws InputError where it is no model of `type` ("marian") or its weights are
/// missing or in several files.
HfModel read_hf_model(const ImportRequest& request, const std::string& type);

/// A JSON file of at most 64 MiB.
Json read_hf_json(const std::filesystem::path& file);

/// A vocab.json: tokens and their numbers, which are to be 0 .. size - 1.
text::Vocabulary read_hf_vocabulary(const std::filesystem::path& file, int64_t size);

/// "gelu_new" <-> "gelu_tanh", "swish" -> "silu", ...: activations by their names there. Throws InputError for others.
std::string activation_of_hf(const ForeignConfig& config, const std::string& key);
/// Throws UsageError for one that has no name there.
std::string activation_to_hf(const std::string& activation, const std::string& layout);

}  // namespace cairn::transformer
