#include "cairn/io/spool.h"

#include <fstream>
#include <iostream>

#include "cairn/base/error.h"

namespace cairn::io {

std::string Spool::stdin_as_file() {
  folder_ = std::make_unique<TemporaryFolder>();
  const auto path = folder_->path() / "stdin";
  std::ofstream file(path, std::ios::binary);
  // Streams report an empty source as a failure of the copy; it is none.
  if (std::cin.peek() != std::istream::traits_type::eof()) file << std::cin.rdbuf();
  if (!file.flush()) throw EnvironmentError(path.string(), "stdin could not be stored");
  return path.string();
}

}  // namespace cairn::io
