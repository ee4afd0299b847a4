#include "cairn/io/array_file.h"

#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/gzip.h"
#include "cairn/io/idx.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/npy.h"
#include "cairn/io/npz.h"

namespace cairn::io {

ArrayName ArrayName::parse(const std::string& text) {
  constexpr std::string_view kMark = ".npz:";
  const size_t at = text.rfind(kMark);
  if (at == std::string::npos || std::filesystem::exists(text)) return {.file = text, .member = std::nullopt};
  return {.file = text.substr(0, at + kMark.size() - 1), .member = text.substr(at + kMark.size())};
}

torch::Tensor read_array(const std::string& text) {
  const auto [path, member] = ArrayName::parse(text);
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  const std::string name = path.string();
  if (is_zip(bytes)) return parse_npz_array(bytes, name, member);
  if (member)
    throw InputError(name, got_expected("a file of another kind", "an .npz, because an array in it was named"));
  if (bytes.size() >= 6 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0) return parse_npy(bytes, name);
  if (is_gzip(bytes) || is_idx(bytes)) return parse_idx(bytes, name);
  throw InputError(name, "got a file of another kind, expected an array: .npy, .npz, idx or idx.gz");
}

}  // namespace cairn::io
