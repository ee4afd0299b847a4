// Tensors by name, what weight files hold, and the sizes of tensors that files declare.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace cairn::io {

using TensorMap = std::map<std::string, torch::Tensor>;

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

/// Bytes of a contiguous tensor of that shape; nothing where LibTorch could not make one: a negative size, over 64
/// dimensions, or sizes (zeros counted as ones, as for its strides) whose product leaves 63 bits.
inline std::optional<uint64_t> byte_count(std::span<const int64_t> shape, torch::ScalarType type) {
  if (shape.size() > 64) return std::nullopt;
  int64_t bytes = static_cast<int64_t>(torch::elementSize(type));
  bool empty = false;
  for (const int64_t size : shape) {
    empty |= size == 0;
    if (size < 0 || __builtin_mul_overflow(bytes, size == 0 ? 1 : size, &bytes)) return std::nullopt;
  }
  return empty ? 0 : static_cast<uint64_t>(bytes);
}

}  // namespace cairn::io
