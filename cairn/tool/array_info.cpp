#include "cairn/tool/array_info.h"

#include "cairn/base/error.h"
#include "cairn/io/array_file.h"
#include "cairn/io/safetensors.h"

namespace cairn::tool {

namespace {

std::string dtype_name(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat64:
      return "float64";
    case torch::kFloat32:
      return "float32";
    case torch::kFloat16:
      return "float16";
    case torch::kBFloat16:
      return "bfloat16";
    case torch::kInt64:
      return "int64";
    case torch::kInt32:
      return "int32";
    case torch::kInt16:
      return "int16";
    case torch::kInt8:
      return "int8";
    case torch::kUInt8:
      return "uint8";
    case torch::kBool:
      return "bool";
    default:
      return c10::toString(type);
  }
}

Json describe_file(const char* kind, const io::TensorMap& tensors) {
  return {{"kind", kind}, {"parameters", element_count(tensors)}, {"tensors", describe_tensors(tensors)}};
}

}  // namespace

Json describe_tensors(const io::TensorMap& tensors) {
  Json list = Json::array();
  for (const auto& [name, tensor] : tensors) {
    list.push_back({{"name", name}, {"dtype", dtype_name(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}});
  }
  return list;
}

int64_t element_count(const io::TensorMap& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

Json describe_array_file(const std::filesystem::path& path) {
  if (path.extension() == ".safetensors") return describe_file("safetensors", io::read_safetensors(path).tensors);
  return describe_file("array", {{path.stem().string(), io::read_array(path.string())}});
}

}  // namespace cairn::tool
