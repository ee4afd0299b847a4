// stdin as a file, for tasks that take a file's name: arrays and archives must be sought in, pipes cannot.
#pragma once

#include <optional>
#include <string>

#include "cairn/io/temporary_folder.h"

namespace cairn::tool {

/// The file lives as long as this.
class Spool {
 public:
  /// Copies all of stdin into a file and returns its name. Throws EnvironmentError on a full disk.
  std::string stdin_as_file();

 private:
  std::optional<io::TemporaryFolder> folder_;
};

}  // namespace cairn::tool
