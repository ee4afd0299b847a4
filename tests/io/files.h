// What tests of files need: a folder of their own, bytes, golden files, the text of an error.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cairn/io/temporary_folder.h"

namespace cairn::io::testing {

/// With short words for what is in it.
class TemporaryFolder : public io::TemporaryFolder {
 public:
  std::filesystem::path operator/(const std::string& name) const { return path() / name; }
  /// Names of what is in it, hidden ones too.
  std::vector<std::string> names() const;
};

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

void spill(const std::filesystem::path& path, const std::string& bytes);
std::string slurp(const std::filesystem::path& path);

/// A file below tests/golden.
std::filesystem::path golden(const std::string& name);

/// What the InputError that `act` throws says; "" if it throws none. Other exceptions pass.
std::string input_error(const std::function<void()>& act);

}  // namespace cairn::io::testing
