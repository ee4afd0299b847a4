// The header of a safetensors file: which tensors lie where.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace cairn::io {

struct SafetensorsEntry {
  std::string name;
  torch::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;  ///< bytes, counted from the end of the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< in the order of their bytes, which they fill without hole or overlap
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;  ///< where the header ends, in bytes of the file
};

/// Checks the header against the format and against the whole file's size. Throws InputError.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& name);

/// The first bytes of a file: length and padded JSON. Throws UsageError for a dtype the format lacks, or a tensor
/// named "__metadata__" or not in UTF-8.
std::string safetensors_header_text(const SafetensorsHeader& header);

}  // namespace cairn::io
