#include "cairn/text/word_rule.h"

#include <array>

#include "cairn/base/text.h"
#include "cairn/text/characters.h"

namespace cairn::text {

namespace {

constexpr std::array kNames{"whitespace", "text8", "lower", "chinese"};  // in the order of WordRule
constexpr std::array kDigits{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};

/// Collects words; separators are written only between two words, newlines only behind one.
class Words {
 public:
  explicit Words(size_t bytes) { text_.reserve(bytes); }
  /// Where a word's characters are appended to; `space` must be told when it ends.
  std::string& word() {
    if (between_) {
      if (!text_.empty() && text_.back() != '\n') text_ += ' ';
      between_ = false;
    }
    return text_;
  }
  void space() { between_ = true; }
  void newline() {
    between_ = true;
    if (!text_.empty() && text_.back() != '\n') text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  bool between_ = true;
};

void split_whitespace(std::string_view text, Words& words) {
  for (const char c : text) {
    if (c == '\n') {
      words.newline();
    } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
      words.space();
    } else {
      words.word() += c;
    }
  }
}

void split_text8(std::string_view text, Words& words) {
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') {
      words.word() += c;
    } else if (c >= 'A' && c <= 'Z') {
      words.word() += static_cast<char>(c + ('a' - 'A'));
    } else if (c >= '0' && c <= '9') {
      words.space();
      words.word() += kDigits[static_cast<size_t>(c - '0')];
      words.space();
    } else if (c == '\n') {
      words.newline();
    } else {
      words.space();
    }
  }
}

struct Unicode {
  bool han_apart = false;  ///< each Han character a word of its own
};

void split_unicode(std::string_view text, Words& words, Unicode options) {
  for (size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c == '\n') {
      words.newline();
    } else if (options.han_apart && is_han(c)) {
      words.space();
      append_character(words.word(), c);
      words.space();
    } else if (is_letter_or_digit(c)) {
      append_character(words.word(), lower(c));
    } else {
      words.space();
    }
  }
}

}  // namespace

std::vector<std::string> word_rule_names() {
  return {kNames.begin(), kNames.end()};
}

WordRule word_rule_named(const std::string& name) {
  return static_cast<WordRule>(place_among(word_rule_names(), name, "word rule"));
}

std::string normalised(std::string_view text, WordRule rule) {
  Words words(text.size());
  switch (rule) {
    case WordRule::whitespace:
      split_whitespace(text, words);
      break;
    case WordRule::text8:
      split_text8(text, words);
      break;
    case WordRule::lower:
      split_unicode(text, words, {});
      break;
    case WordRule::chinese:
      split_unicode(text, words, {.han_apart = true});
      break;
  }
  return words.take();
}

}  // namespace cairn::text
