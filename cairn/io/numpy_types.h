// The dtypes that NumPy and LibTorch both have, by NumPy's names.
#pragma once

#include <optional>
#include <string_view>

#include <torch/types.h>

namespace cairn::io {

/// Of a kind and size without a byte order: "f4" -> float32. Nothing for what LibTorch lacks.
std::optional<torch::ScalarType> numpy_type(std::string_view name);

/// The name, or null for a dtype that NumPy lacks (bfloat16).
const char* numpy_name(torch::ScalarType type);

/// Between the file's and this machine's byte order, in place; the halves of complex numbers each for itself.
void swap_byte_order(torch::Tensor& contiguous);

}  // namespace cairn::io
