// Whether bytes are UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace cairn {

/// The first byte that begins no character of RFC 3629 (overlong forms and surrogates are none), or npos.
size_t invalid_utf8(std::string_view text);

inline bool is_utf8(std::string_view text) {
  return invalid_utf8(text) == std::string_view::npos;
}

}  // namespace cairn
