// What is in a file of tensors, for `cairn info`, `import` and `export`.
#pragma once

#include <filesystem>

#include "cairn/base/document.h"
#include "cairn/io/tensor_map.h"

namespace cairn::tool {

/// [{"name", "dtype", "shape"}, ...], dtypes as PyTorch names them.
Json describe_tensors(const io::TensorMap& tensors);
int64_t element_count(const io::TensorMap& tensors);

/// {"parameters", "tensors" (their number)} of a safetensors file.
Json count_tensors(const std::filesystem::path& safetensors);

/// {"kind", "parameters", "tensors"} of a .safetensors, PyTorch, .npz, .npy or idx file; of a PyTorch checkpoint also
/// "values", all that is no tensor. Throws InputError if it is none.
Json describe_tensor_file(const std::filesystem::path& path);

}  // namespace cairn::tool
