// NumPy arrays: .npy files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <torch/types.h>

namespace cairn::io {

/// Versions 1 to 3, C and Fortran order, either byte order, every dtype that LibTorch has. Throws InputError naming
/// file and byte offset for anything else (objects and structures among them) and for sizes the file cannot hold.
torch::Tensor read_npy(const std::filesystem::path& path);
/// The same from bytes in memory; `name` stands for the file in messages.
torch::Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name);

/// Complete or absent. Throws UsageError for a dtype that NumPy lacks (bfloat16).
void write_npy(const std::filesystem::path& path, const torch::Tensor& array);
std::string npy_bytes(const torch::Tensor& array);

}  // namespace cairn::io
