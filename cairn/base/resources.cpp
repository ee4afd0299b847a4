// Where the files that come with the tool lie; CAIRN_SOURCE_TREE is set by CMake.
#include "cairn/base/resources.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "cairn/base/error.h"

namespace cairn {
namespace fs = std::filesystem;

namespace {

/// Where the library (or the program that this file is linked into) lies: right also after the prefix was moved.
fs::path library_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&resource_folders), &info) == 0) return {};
  std::error_code ignored;
  return fs::weakly_canonical(info.dli_fname, ignored).parent_path();
}

}  // namespace

std::vector<fs::path> resource_folders() {
  std::error_code ignored;
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& folder) {
    if (fs::is_directory(folder, ignored) && std::find(folders.begin(), folders.end(), folder) == folders.end()) {
      folders.push_back(folder);
    }
  };
  if (const char* home = std::getenv("CAIRN_HOME"); home != nullptr && *home != '\0') add(home);
  add(library_folder().parent_path() / "share" / "cairn");
  add(CAIRN_SOURCE_TREE);
  return folders;
}

fs::path resource(const fs::path& relative) {
  std::string searched;
  for (const fs::path& folder : resource_folders()) {
    const fs::path candidate = folder / relative;
    if (fs::exists(candidate)) return candidate;
    searched += cat("\n  ", candidate.string());
  }
  throw EnvironmentError(relative.string(),
                         searched.empty() ? "no folder of shipped files found; set CAIRN_HOME to the one with recipes/"
                                          : "not found; searched" + searched);
}

}  // namespace cairn
