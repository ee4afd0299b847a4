// A folder of its own for files that nobody needs afterwards.
#pragma once

#include <filesystem>

namespace cairn::io {

/// Made below the system's temporary folder, removed with everything in it at the end of its life.
class TemporaryFolder {
 public:
  /// Throws EnvironmentError if it cannot be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cairn::io
