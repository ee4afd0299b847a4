// A module's parameters and buffers by name, out and in.
#pragma once

#include <map>
#include <string>

#include <torch/nn/module.h>

namespace cairn::nn {

/// Parameters and persistent buffers by their dotted names, in that order; they share the module's storage.
std::map<std::string, torch::Tensor> state_dict(const torch::nn::Module& module);

/// Copies `tensors` into the module. Strict: throws InputError that lists every missing and every unexpected name and
/// every differing shape, naming `source`; the module is then unchanged.
void load_state_dict(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                     const std::string& source);

/// Elements of all parameters.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace cairn::nn
