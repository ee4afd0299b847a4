// stdin as a file, for tasks that take a file's name: arrays and archives must be sought in, pipes cannot.
#pragma once

#include <filesystem>
#include <string>

namespace cairn::tool {

/// A temporary folder, removed at the end of its life.
class Spool {
 public:
  Spool() = default;
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Copies all of stdin into a file and returns its name. Throws EnvironmentError on a full disk.
  std::string stdin_as_file();

 private:
  std::filesystem::path folder_;
};

}  // namespace cairn::tool
