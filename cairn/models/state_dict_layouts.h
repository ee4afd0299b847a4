// The layouts of every system whose models are one network: its plain state dict in a PyTorch or a safetensors file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/io/tensor_map.h"
#include "cairn/models/layout.h"

namespace cairn {

/// A fresh network from the "model" part of a config.json; `source` names it in messages.
using NetworkFactory = std::function<std::shared_ptr<torch::nn::Module>(const Json& model, const std::string& source)>;

/// A system whose models are one network each.
struct NetworkSystem {
  std::string name;
  NetworkFactory make_network;
  /// Brings what a model folder holds besides config and weights into `request.folder`. May be empty.
  std::function<void(const ImportRequest&)> bring_rest = {};
};

/// `pytorch`: names are the network's own; which part of a checkpoint is read: io/torch_checkpoint.h. Needs a config.
/// `safetensors`: the same, with the config in the file's metadata, so that it can be imported by itself.
std::vector<Layout> state_dict_layouts(const NetworkSystem& system);

/// Makes `request.folder` a model folder: the network that `request.config` describes, with these tensors. Strict as
/// nn::load_state_dict.
void write_imported_model(const NetworkSystem& system, const io::TensorMap& tensors, const ImportRequest& request);
/// The one file of a layout that takes one. Throws UsageError for more.
const std::filesystem::path& only_file(const ImportRequest& request);

/// The metadata key of a safetensors file that carries its config, and that config (null where there is none).
constexpr char kConfigKey[] = "cairn.config";
Json carried_config(const std::filesystem::path& file);

}  // namespace cairn
