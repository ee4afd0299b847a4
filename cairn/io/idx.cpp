#include "cairn/io/idx.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/gzip.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/tensor_map.h"

namespace cairn::io {

namespace {

struct CodedType {
  unsigned char code;
  torch::ScalarType type;
};

constexpr CodedType kTypes[] = {{0x08, torch::kUInt8}, {0x09, torch::kInt8},    {0x0B, torch::kInt16},
                                {0x0C, torch::kInt32}, {0x0D, torch::kFloat32}, {0x0E, torch::kFloat64}};

constexpr size_t kMaxHeader = 4 + 255 * 4;

struct Header {
  torch::ScalarType type;
  std::vector<int64_t> shape;
  size_t bytes;   ///< of the header
  uint64_t data;  ///< bytes of the values
};

Header read_header(std::span<const std::byte> bytes, const std::string& name) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (!is_idx(bytes)) throw InputError(name, "this is no idx file");
  const auto* known =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const CodedType& t) { return t.code == data[2]; });
  const size_t dimensions = data[3];
  Header header{.type = known->type, .shape = {}, .bytes = 4 + 4 * dimensions, .data = 0};
  if (bytes.size() < header.bytes) throw InputError(name, "truncated in its header");
  for (size_t i = 0; i < dimensions; ++i) {
    const unsigned char* size = data + 4 + 4 * i;
    header.shape.push_back(int64_t{size[0]} << 24 | size[1] << 16 | size[2] << 8 | size[3]);
  }
  const auto data_bytes = byte_count(header.shape, header.type);
  if (!data_bytes) {
    throw InputError(name, got_expected(cat("shape ", c10::IntArrayRef(header.shape)), "sizes that can be counted"));
  }
  header.data = *data_bytes;
  return header;
}

/// Between the file's big-endian values and this machine's.
void swap_values(char* data, size_t bytes, size_t width) {
  if (width == 1) return;
  for (size_t i = 0; i < bytes; i += width) std::reverse(data + i, data + i + width);
}

torch::Tensor parse_plain(std::span<const std::byte> bytes, const std::string& name) {
  const Header header = read_header(bytes, name);
  if (bytes.size() - header.bytes != header.data) {
    throw InputError(name, cat("truncated or oversized: ",
                               got_expected(cat(bytes.size() - header.bytes, " bytes of data"),
                                            cat(header.data, " for shape ", c10::IntArrayRef(header.shape)))));
  }
  const auto array = torch::empty(header.shape, header.type);
  if (header.data > 0) std::memcpy(array.data_ptr(), bytes.data() + header.bytes, header.data);
  swap_values(static_cast<char*>(array.data_ptr()), header.data, torch::elementSize(header.type));
  return array;
}

std::span<const std::byte> view(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

bool is_idx(std::span<const std::byte> bytes) {
  if (bytes.size() < 4 || bytes[0] != std::byte{0} || bytes[1] != std::byte{0}) return false;
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](const CodedType& t) { return std::byte{t.code} == bytes[2]; });
}

torch::Tensor parse_idx(std::span<const std::byte> bytes, const std::string& name) {
  if (!is_gzip(bytes)) return parse_plain(bytes, name);
  // The header says how much the file should hold; one byte more tells whether it holds too much.
  const Header header = read_header(view(gunzip(bytes, kMaxHeader, name)), name);
  constexpr uint64_t kMaxRatio = 1100;  // gzip cannot expand more than 1032 times
  if (header.data / kMaxRatio > bytes.size()) {
    throw InputError(name, got_expected(cat("shape ", c10::IntArrayRef(header.shape)), "one that the file can hold"));
  }
  return parse_plain(view(gunzip(bytes, header.bytes + header.data + 1, name)), name);
}

torch::Tensor read_idx(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_idx(file->bytes(), path.string());
}

void write_idx(const std::filesystem::path& path, const torch::Tensor& array) {
  const auto data = array.detach().to(torch::kCPU).contiguous();
  const auto* known = std::find_if(std::begin(kTypes), std::end(kTypes),
                                   [&](const CodedType& t) { return t.type == data.scalar_type(); });
  if (known == std::end(kTypes))
    throw UsageError("idx", cat("got dtype ", data.scalar_type(), ", expected one that idx has"));
  std::string bytes{'\0', '\0', static_cast<char>(known->code), static_cast<char>(data.dim())};
  for (const int64_t size : data.sizes()) {
    if (size > 0xFFFFFFFFll) throw UsageError("idx", got_expected(cat("size ", size), "less than 2^32"));
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  const size_t header = bytes.size();
  if (data.nbytes() > 0) bytes.append(static_cast<const char*>(data.data_ptr()), data.nbytes());
  swap_values(bytes.data() + header, data.nbytes(), data.element_size());
  write_file(path, path.extension() == ".gz" ? gzip(view(bytes)) : bytes);
}

}  // namespace cairn::io
