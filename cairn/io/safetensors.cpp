// Reading and writing safetensors files; their header is in safetensors_header.cpp.
#include "cairn/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/safetensors_header.h"

namespace cairn::io {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian and read in place");

namespace {

torch::Tensor copied(const SafetensorsEntry& entry, const std::byte* first) {
  const auto tensor = torch::empty(entry.shape, entry.type);
  if (entry.end > entry.begin) std::memcpy(tensor.data_ptr(), first, entry.end - entry.begin);
  return tensor;
}

/// Calls make(entry, first byte) for each tensor of a checked file.
template <class Byte, class Make>
TensorFile parse(std::span<Byte> bytes, const std::string& name, const Make& make) {
  auto header = parse_safetensors_header(bytes, name);
  TensorFile result{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const auto& entry : header.entries) {
    result.tensors[entry.name] = make(entry, bytes.data() + header.data_begin + entry.begin);
  }
  return result;
}

}  // namespace

TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  return parse(bytes, name, copied);
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse(file->bytes(), path.string(), [&](const SafetensorsEntry& entry, std::byte* first) {
    const bool aligned = reinterpret_cast<uintptr_t>(first) % torch::elementSize(entry.type) == 0;
    if (!aligned || entry.begin == entry.end) return copied(entry, first);
    return torch::from_blob(first, entry.shape, [file](void*) {}, torch::TensorOptions().dtype(entry.type));
  });
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<std::string, torch::Tensor>> sorted;
  for (const auto& [name, tensor] : tensors) {
    sorted.emplace_back(name, tensor.detach().to(torch::kCPU).resolve_conj().resolve_neg().contiguous());
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();  // widest first keeps every tensor aligned
  });
  SafetensorsHeader header{.entries = {}, .metadata = metadata};
  uint64_t offset = 0;
  for (const auto& [name, tensor] : sorted) {
    const uint64_t end = offset + tensor.nbytes();
    header.entries.push_back({name, tensor.scalar_type(), tensor.sizes().vec(), offset, end});
    offset = end;
  }
  const std::string text = safetensors_header_text(header);
  AtomicFile file(path);
  file.write(text);
  for (const auto& [name, tensor] : sorted) file.write(tensor.const_data_ptr(), tensor.nbytes());
  file.commit();
}

}  // namespace cairn::io
