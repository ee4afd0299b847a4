// An array from whatever file holds one: .npy, idx, idx.gz.
#pragma once

#include <string>

#include <torch/types.h>

namespace cairn::io {

/// Chooses the reader by the file's first bytes. Throws InputError, with what is supported, for any other file.
torch::Tensor read_array(const std::string& path);

}  // namespace cairn::io
