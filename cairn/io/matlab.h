// MATLAB 5 files (.mat) with plain arrays of numbers, uncompressed.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <torch/types.h>

namespace cairn::io {

/// The real numeric arrays of a file by name, in their own type (unsigned 16, 32 and 64 bit ones as int64). Throws
/// InputError for what is damaged, compressed, complex, sparse or no array of numbers.
std::map<std::string, torch::Tensor> read_matlab(const std::filesystem::path& path);

}  // namespace cairn::io
