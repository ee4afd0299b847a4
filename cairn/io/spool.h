// stdin as a file, for what must be sought in or read more than once: pipes cannot.
#pragma once

#include <memory>
#include <string>

#include "cairn/io/temporary_folder.h"

namespace cairn::io {

/// The file lives as long as this.
class Spool {
 public:
  /// Copies all of stdin into a file and returns its name. Throws EnvironmentError on a full disk.
  std::string stdin_as_file();

 private:
  std::unique_ptr<TemporaryFolder> folder_;
};

}  // namespace cairn::io
