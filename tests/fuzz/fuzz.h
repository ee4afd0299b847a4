// What every fuzz target does: hands bytes to a reader, which may refuse them with an error of ours and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "cairn/base/error.h"

namespace cairn::fuzz {

/// Any other exception, a sanitizer's finding, a hang or too much memory ends the program, which is the finding.
template <class Read>
int refuses_or_reads(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
  return 0;
}

inline std::span<const std::byte> bytes_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}

inline std::string text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace cairn::fuzz
