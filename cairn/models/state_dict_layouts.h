// The layouts of every system whose models are one network: its plain state dict in a PyTorch or a safetensors file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/models/layout.h"

namespace cairn {

/// A fresh network from the "model" part of a config.json; `source` names it in messages.
using NetworkFactory = std::function<std::shared_ptr<torch::nn::Module>(const Json& model, const std::string& source)>;

/// `pytorch`: names are the network's own; which part of a checkpoint is read: io/torch_checkpoint.h. Needs a config.
/// `safetensors`: the same, with the config in the file's metadata, so that it can be imported by itself.
std::vector<Layout> state_dict_layouts(const std::string& system, const NetworkFactory& make_network);

/// The metadata key of a safetensors file that carries its config, and that config (null where there is none).
constexpr char kConfigKey[] = "cairn.config";
Json carried_config(const std::filesystem::path& file);

}  // namespace cairn
