#include "cairn/io/numpy_types.h"

#include <algorithm>

namespace cairn::io {

namespace {

struct NamedType {
  const char* name;
  torch::ScalarType type;
};

constexpr NamedType kTypes[] = {{"b1", torch::kBool},         {"u1", torch::kUInt8},         {"i1", torch::kInt8},
                                {"u2", torch::kUInt16},       {"i2", torch::kInt16},         {"u4", torch::kUInt32},
                                {"i4", torch::kInt32},        {"u8", torch::kUInt64},        {"i8", torch::kInt64},
                                {"f2", torch::kFloat16},      {"f4", torch::kFloat32},       {"f8", torch::kFloat64},
                                {"c8", torch::kComplexFloat}, {"c16", torch::kComplexDouble}};

}  // namespace

std::optional<torch::ScalarType> numpy_type(std::string_view name) {
  for (const auto& known : kTypes) {
    if (name == known.name) return known.type;
  }
  return std::nullopt;
}

const char* numpy_name(torch::ScalarType type) {
  for (const auto& known : kTypes) {
    if (type == known.type) return known.name;
  }
  return nullptr;
}

void swap_byte_order(torch::Tensor& contiguous) {
  const auto width = static_cast<size_t>(contiguous.element_size()) / (contiguous.is_complex() ? 2 : 1);
  if (width == 1 || contiguous.numel() == 0) return;
  auto* data = static_cast<char*>(contiguous.data_ptr());
  for (size_t i = 0; i < contiguous.nbytes(); i += width) std::reverse(data + i, data + i + width);
}

}  // namespace cairn::io
