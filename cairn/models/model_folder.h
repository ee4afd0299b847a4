// What every system reads from a model folder.
#pragma once

#include <filesystem>

#include "cairn/base/document.h"
#include "cairn/io/safetensors.h"
#include "cairn/nn/state_dict.h"
#include "cairn/nn/tensor_limit.h"

namespace cairn {

/// config.json of a model folder: "system", "format", "model", ... Throws InputError if it is absent or malformed.
Json read_model_config(const std::filesystem::path& folder);

/// The same from its text or its file, wherever it lies; `source` names it in messages.
Json parse_model_config(const std::string& text, const std::string& source);
Json read_model_config_file(const std::filesystem::path& file);

/// Bytes that a network may take for these weights while it is made: its tables, masks and first numbers come on top.
int64_t memory_for(const io::TensorMap& weights);

/// What `make` makes: a network for these weights, whose sizes come from `source`. Throws InputError that names it
/// where they need far more memory than the weights.
template <typename Make>
auto make_for(const io::TensorMap& weights, const std::string& source, const Make& make) {
  const nn::TensorLimit limit(memory_for(weights), source);
  return make();
}

/// What `make` makes for the weights of a model folder, loaded strictly (nn/state_dict.h), ready for use.
template <typename Make>
auto load_network(const std::filesystem::path& folder, const Make& make) {
  const auto file = folder / "model.safetensors";
  const auto weights = io::read_safetensors(file).tensors;
  auto network = make_for(weights, (folder / "config.json").string(), make);
  nn::load_state_dict(*network, weights, file.string());
  network->eval();
  return network;
}

}  // namespace cairn
