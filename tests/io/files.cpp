#include "files.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "cairn/base/error.h"

namespace cairn::io::testing {

namespace fs = std::filesystem;

std::vector<std::string> TemporaryFolder::names() const {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(path())) found.push_back(entry.path().filename().string());
  std::sort(found.begin(), found.end());
  return found;
}

void spill(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

fs::path golden(const std::string& name) {
  return fs::path(CAIRN_SOURCE_DIR) / "tests/golden" / name;
}

std::string input_error(const std::function<void()>& act) {
  try {
    act();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace cairn::io::testing
