#include "cairn/io/temporary_folder.h"

#include <stdlib.h>

#include <string>

#include "cairn/base/error.h"

namespace cairn::io {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "cairn-XXXXXX").string();
  if (!mkdtemp(name.data())) throw EnvironmentError(name, "cannot make a temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cairn::io
