// A file's bytes in order, unpacked on the way when it is gzipped: for files too large to hold.
#pragma once

#include <cstddef>
#include <filesystem>

namespace cairn::io {

class ByteReader {
 public:
  /// "-" is stdin. Throws EnvironmentError if the file cannot be opened.
  explicit ByteReader(std::filesystem::path path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Up to `bytes` of what comes next; fewer only at the end. Throws InputError for damaged or truncated gzip data,
  /// EnvironmentError when reading fails.
  size_t read(char* to, size_t bytes);

 private:
  std::filesystem::path path_;
  void* file_ = nullptr;  // zlib's gzFile
};

}  // namespace cairn::io
