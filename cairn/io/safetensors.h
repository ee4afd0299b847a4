// The safetensors format: 8 bytes little-endian header length, a JSON header, raw little-endian numbers.
// https://huggingface.co/docs/safetensors, "Format".
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "cairn/io/tensor_map.h"

namespace cairn::io {

/// Tensors share the memory-mapped file (privately: writing to them changes memory, never the file) where its alignment
/// allows, else are copies. Throws InputError naming file, tensor and byte for whatever breaks the format's rules: a
/// header over 100 MB, repeated names, offsets that overlap, leave holes or leave the file, sizes that do not match
/// their shape, dtypes LibTorch lacks.
TensorFile read_safetensors(const std::filesystem::path& path);
/// The same from bytes in memory, which are copied; `name` stands for the file in messages.
TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name);

/// Complete or absent. The same tensors and metadata give the same bytes: widest elements first, then by name, the
/// header padded with spaces to a multiple of 8. Throws UsageError for a dtype or a name that the format lacks.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace cairn::io
