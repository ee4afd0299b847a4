#include "cairn/tool/spool.h"

#include <stdlib.h>

#include <fstream>
#include <iostream>

#include "cairn/base/error.h"

namespace cairn::tool {

namespace fs = std::filesystem;

Spool::~Spool() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string Spool::stdin_as_file() {
  std::string name = (fs::temp_directory_path() / "cairn-XXXXXX").string();
  if (!mkdtemp(name.data())) throw EnvironmentError(name, "cannot make a temporary folder");
  folder_ = name;
  const auto path = folder_ / "stdin";
  std::ofstream file(path, std::ios::binary);
  // Streams report an empty source as a failure of the copy; it is none.
  if (std::cin.peek() != std::istream::traits_type::eof()) file << std::cin.rdbuf();
  if (!file.flush()) throw EnvironmentError(path.string(), "stdin could not be stored");
  return path.string();
}

}  // namespace cairn::tool
