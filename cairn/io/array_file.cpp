#include "cairn/io/array_file.h"

#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/gzip.h"
#include "cairn/io/idx.h"
#include "cairn/io/mapped_file.h"
#include "cairn/io/npy.h"

namespace cairn::io {

torch::Tensor read_array(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() >= 6 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0) return parse_npy(bytes, path);
  if (is_gzip(bytes) || is_idx(bytes)) return parse_idx(bytes, path);
  throw InputError(path, "got a file of another kind, expected an array: .npy, idx or idx.gz");
}

}  // namespace cairn::io
