// A file's bytes, mapped read-only into memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace cairn::io {

/// Whoever holds the pointer keeps the pages. They are private: writing to them changes memory, never the file. The
/// file must not be cut short meanwhile; replacing it by name is fine.
class MappedFile {
 public:
  /// Throws EnvironmentError if the file cannot be opened. An empty file maps to no bytes.
  static std::shared_ptr<MappedFile> open(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }
  /// Frees the memory of what was looked at; the next look reads the file again. For files of which each part is read
  /// once; what was written to the pages is lost.
  void forget() const;

 private:
  MappedFile() = default;
  std::span<std::byte> bytes_;
};

}  // namespace cairn::io
