// Files and folders that are complete or absent: written under a temporary name beside the target, then renamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace cairn::io {

/// Begins every temporary name, so that leftovers of a killed process can be told and removed.
constexpr std::string_view kTemporaryPrefix = ".tmp-";

/// A file that appears under its name only when `commit` has run; until then an older one stays as it is.
/// Missing parent folders are made; a link is followed; a device or pipe is written to directly.
class AtomicFile {
 public:
  /// Throws EnvironmentError if the file cannot be made.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();  ///< removes the temporary file if not committed
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws EnvironmentError, naming the path and the system's reason, when not everything could be written.
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Flushes to the disk and renames. Throws EnvironmentError.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;  ///< empty for a device
  int descriptor_ = -1;
};

/// Complete or absent.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The whole of a file. Throws EnvironmentError if it cannot be read, InputError if it is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes);

/// A folder that appears under its name only when `commit` has run.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path path);
  ~AtomicFolder();  ///< removes the temporary folder if not committed
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  /// Where to write until `commit`.
  const std::filesystem::path& path() const { return temporary_; }
  /// Flushes every file to the disk, then renames. A folder that stood under the name is replaced in one step, so that
  /// at every instant either the old one or the new one is there. Throws EnvironmentError.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

/// Removes what killed processes left unfinished in `folder`; nothing may be writing there at the same time.
void remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace cairn::io
