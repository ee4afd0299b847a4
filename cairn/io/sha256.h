// SHA-256 (FIPS 180-4), to tell whether a file is the one that was meant.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace cairn::io {

/// 64 lower-case hexadecimal digits. Throws EnvironmentError if the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);
std::string sha256(const void* data, size_t bytes);

}  // namespace cairn::io
