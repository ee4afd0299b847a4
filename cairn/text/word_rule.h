// Named rules that turn text into words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::text {

enum class WordRule {
  whitespace,  ///< words as they stand, between spaces
  text8,       ///< M. Mahoney's text8: A-Z lower-cased, digits spelled out, everything else a space
  lower,       ///< lower-cased runs of letters and digits of any script
  chinese,     ///< each Han character a word; runs of other letters and digits, lower-cased, too
};

/// "whitespace", "text8", "lower", "chinese".
std::vector<std::string> word_rule_names();
/// Throws UsageError with the nearest name.
WordRule word_rule_named(const std::string& name);

/// `text` (well-formed UTF-8) with words separated by one space each; newlines stay, and end sentences. Lines without
/// words vanish.
std::string normalised(std::string_view text, WordRule rule);

/// Calls word(view) for each word of normalised text and end() for each newline.
template <class Word, class End>
void for_each_word(std::string_view text, Word&& word, End&& end) {
  size_t begin = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != ' ' && text[at] != '\n') continue;
    if (at > begin) word(text.substr(begin, at - begin));
    if (text[at] == '\n') end();
    begin = at + 1;
  }
  if (begin < text.size()) word(text.substr(begin));
}

}  // namespace cairn::text
