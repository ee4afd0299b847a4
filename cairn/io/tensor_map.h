// Tensors by name: what weight files hold.
#pragma once

#include <map>
#include <string>

#include <torch/types.h>

namespace cairn::io {

using TensorMap = std::map<std::string, torch::Tensor>;

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

}  // namespace cairn::io
