// The idx format of MNIST: magic 00 00 TT DD, DD big-endian sizes, big-endian values; gzipped or not.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include <torch/types.h>

namespace cairn::io {

bool is_idx(std::span<const std::byte> bytes);

/// Types uint8, int8, int16, int32, float, double. Throws InputError naming the file for sizes that do not match it.
torch::Tensor read_idx(const std::filesystem::path& path);
/// The same from bytes in memory; `name` stands for the file in messages.
torch::Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name);

/// Complete or absent; gzipped if the name ends in .gz. Throws UsageError for a type that idx lacks.
void write_idx(const std::filesystem::path& path, const torch::Tensor& array);

}  // namespace cairn::io
