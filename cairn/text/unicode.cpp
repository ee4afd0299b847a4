#include "cairn/text/unicode.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "cairn/base/error.h"

namespace cairn::text {

namespace {

bool has_category(char32_t character, uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(character)) & mask) != 0;
}

}  // namespace

bool is_letter(char32_t character) {
  return has_category(character, U_GC_L_MASK);
}

bool is_punctuation(char32_t character) {
  return has_category(character, U_GC_P_MASK);
}

bool is_symbol(char32_t character) {
  return has_category(character, U_GC_S_MASK);
}

bool is_number(char32_t character) {
  return has_category(character, U_GC_N_MASK);
}

bool is_white_space(char32_t character) {
  return (character >= 0x1C && character <= 0x1F) || u_isUWhiteSpace(static_cast<UChar32>(character));
}

std::u32string lower_case(std::u32string_view text) {
  auto units =
      icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()), static_cast<int32_t>(text.size()));
  units.toLower(icu::Locale::getRoot());
  std::u32string lowered(static_cast<size_t>(units.countChar32()), U'\0');
  UErrorCode status = U_ZERO_ERROR;
  units.toUTF32(reinterpret_cast<UChar32*>(lowered.data()), static_cast<int32_t>(lowered.size()), status);
  if (U_FAILURE(status)) throw UsageError("lower case", u_errorName(status));
  return lowered;
}

std::u32string single_spaced(std::u32string_view text) {
  std::u32string spaced;
  bool gap = false;
  for (const char32_t c : text) {
    if (is_white_space(c)) {
      gap = true;
      continue;
    }
    if (gap && !spaced.empty()) spaced += U' ';
    gap = false;
    spaced += c;
  }
  return spaced;
}

}  // namespace cairn::text
