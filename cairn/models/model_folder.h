// What every system reads from a model folder.
#pragma once

#include <filesystem>

#include <torch/nn/module.h>

#include "cairn/base/document.h"

namespace cairn {

/// config.json of a model folder: "system", "format", "model", ... Throws InputError if it is absent or malformed.
Json read_model_config(const std::filesystem::path& folder);

/// The same from its text or its file, wherever it lies; `source` names it in messages.
Json parse_model_config(const std::string& text, const std::string& source);
Json read_model_config_file(const std::filesystem::path& file);

/// Loads a safetensors file into `network`, strictly (nn/state_dict.h).
void load_weights(torch::nn::Module& network, const std::filesystem::path& file);

}  // namespace cairn
