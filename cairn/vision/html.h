// The few helpers that writing HTML by hand needs.
#pragma once

#include <string>
#include <string_view>

namespace cairn::vision {

/// Text made safe inside elements and quoted attributes.
std::string escape_html(std::string_view text);
/// Characters of UTF-8, to tell how wide a text is about.
size_t letters(std::string_view text);
/// RFC 4648 base 64, with padding.
std::string base64(std::string_view bytes);

}  // namespace cairn::vision
