// What Unicode says of characters, by the library ICU (its general categories, white space and case mappings).
#pragma once

#include <string>
#include <string_view>

namespace cairn::text {

bool is_letter(char32_t character);       ///< \p{L}
bool is_punctuation(char32_t character);  ///< \p{P}
bool is_symbol(char32_t character);       ///< \p{S}
bool is_number(char32_t character);       ///< \p{N}
/// White_Space, and the separators U+001C to U+001F: where Python's `str.split()` splits.
bool is_white_space(char32_t character);

/// By Unicode's full mapping, whatever the process's locale: one character may become two, and a sigma that ends a
/// word is a final one.
std::u32string lower_case(std::u32string_view text);

/// The runs of other characters than white space, each once, in order, with one space between two.
std::u32string single_spaced(std::u32string_view text);

}  // namespace cairn::text
