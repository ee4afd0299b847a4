#include "cairn/tool/tensor_info.h"

#include "cairn/base/error.h"
#include "cairn/io/array_file.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/npz.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/io/torch_globals.h"

namespace cairn::tool {

namespace {

Json describe_file(const char* kind, const io::TensorMap& tensors) {
  return {{"kind", kind}, {"parameters", element_count(tensors)}, {"tensors", describe_tensors(tensors)}};
}

Json describe_checkpoint(std::span<const std::byte> bytes, const std::string& name) {
  const auto checkpoint = io::parse_torch_checkpoint(bytes, name);
  Json info = describe_file("pytorch", checkpoint.tensors);
  info["values"] = checkpoint.values;
  return info;
}

}  // namespace

Json describe_tensors(const io::TensorMap& tensors) {
  Json list = Json::array();
  for (const auto& [name, tensor] : tensors) {
    list.push_back({{"name", name}, {"dtype", io::dtype_name(tensor.scalar_type())}, {"shape", tensor.sizes().vec()}});
  }
  return list;
}

int64_t element_count(const io::TensorMap& tensors) {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

Json count_tensors(const std::filesystem::path& safetensors) {
  const auto tensors = io::read_safetensors(safetensors).tensors;
  return {{"parameters", element_count(tensors)}, {"tensors", tensors.size()}};
}

Json describe_tensor_file(const std::filesystem::path& path) {
  if (path.extension() == ".safetensors") return describe_file("safetensors", io::read_safetensors(path).tensors);
  const auto file = io::MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string name = path.string();
  if (io::is_torch_checkpoint(bytes, name)) return describe_checkpoint(bytes, name);
  if (io::is_zip(bytes)) return describe_file("npz", io::parse_npz(bytes, name));
  return describe_file("array", {{path.stem().string(), io::read_array(name)}});
}

}  // namespace cairn::tool
