// What a peer's script of `cairn bench` starts from.
#pragma once

#include <filesystem>

#include <torch/nn/module.h>

namespace cairn::train {

/// Each parameter as <its name>.npy.
void write_parameters(const torch::nn::Module& network, const std::filesystem::path& folder);

}  // namespace cairn::train
