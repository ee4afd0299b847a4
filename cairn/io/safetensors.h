// The safetensors format: 8 bytes little-endian header length, a JSON header, raw bytes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "cairn/io/tensor_map.h"

namespace cairn::io {

/// Tensors share the memory-mapped file where its alignment allows. Throws InputError naming file and tensor for whatever
/// breaks the format's rules: header over 100 MB, repeated names, offsets that overlap, leave holes or leave the file, sizes
/// that do not match their shape, dtypes LibTorch lacks.
TensorFile read_safetensors(const std::filesystem::path& path);
/// The same from bytes in memory, which are copied; `name` stands for the file in messages.
TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// Complete or absent; the same tensors give the same bytes.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace cairn::io
