#include "cairn/text/characters.h"

#include <clocale>
#include <cwctype>

#include "cairn/base/error.h"

namespace cairn::text {

namespace {

bool continues(unsigned char byte) {
  return (byte & 0xC0) == 0x80;
}

/// Bytes of the character that begins with `lead`.
int length_of(unsigned char lead) {
  return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

locale_t unicode_locale() {
  static const locale_t locale = [] {
    const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (made == nullptr) throw EnvironmentError("C.UTF-8", "this system has no such locale; lower-casing needs it");
    return made;
  }();
  return locale;
}

}  // namespace

char32_t next_character(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0x80) return lead;
  const int length = length_of(lead);
  char32_t character = lead & (0x7F >> length);
  for (int k = 1; k < length && at < text.size(); ++k) character = character << 6 | (text[at++] & 0x3F);
  return character;
}

void append_character(std::string& text, char32_t c) {
  const auto byte = [&](char32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

std::u32string characters_of(std::string_view text) {
  std::u32string characters;
  for (size_t at = 0; at < text.size();) characters += next_character(text, at);
  return characters;
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), unicode_locale()));
}

std::string lowered(std::string_view text) {
  std::string letters;
  for (size_t at = 0; at < text.size();) append_character(letters, lower(next_character(text, at)));
  return letters;
}

bool is_letter_or_digit(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return iswalnum_l(static_cast<wint_t>(c), unicode_locale()) != 0;
}

bool is_han(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x323AF) || c == 0x3007;
}

size_t character_start(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && continues(static_cast<unsigned char>(text[at]))) --at;
  return at;
}

}  // namespace cairn::text
