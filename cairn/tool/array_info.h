// What is in a file of tensors, for `cairn info`.
#pragma once

#include <filesystem>

#include "cairn/base/document.h"
#include "cairn/io/tensor_map.h"

namespace cairn::tool {

/// [{"name", "dtype", "shape"}, ...], dtypes as NumPy names them.
Json describe_tensors(const io::TensorMap& tensors);
int64_t element_count(const io::TensorMap& tensors);

/// {"kind", "parameters", "tensors"} of a .safetensors, .npy or idx file. Throws InputError if it is none.
Json describe_array_file(const std::filesystem::path& path);

}  // namespace cairn::tool
