// Characters of well-formed UTF-8 (base/utf8.h): walking, lower-casing, and what some of them are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cairn::text {

/// The character at `at` of well-formed text; moves `at` behind it.
char32_t next_character(std::string_view text, size_t& at);
void append_character(std::string& text, char32_t character);
/// All characters of well-formed text.
std::u32string characters_of(std::string_view text);

/// By Unicode's simple mapping, whatever the process's locale.
char32_t lower(char32_t character);
/// Well-formed text, each character by itself.
std::string lowered(std::string_view text);
bool is_letter_or_digit(char32_t character);
/// Ideographs: the unified Han blocks with their extensions and compatibility forms.
bool is_han(char32_t character);

/// Bytes of `text` up to the start of the character that byte `at` lies in.
size_t character_start(std::string_view text, size_t at);

}  // namespace cairn::text
