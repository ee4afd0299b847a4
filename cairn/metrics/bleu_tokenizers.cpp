#include "cairn/metrics/bleu_tokenizers.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/base/utf8.h"
#include "cairn/text/characters.h"
#include "cairn/text/unicode.h"

namespace cairn::metrics {

namespace {

bool is_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}

bool is_stop(char32_t c) {
  return c == U'.' || c == U',';
}

/// ASCII punctuation and symbols but for ' , - . and, as the original has it, the space.
bool stands_alone(char32_t c) {
  return c >= U' ' && c <= U'~' && !is_digit(c) && !(c >= U'A' && c <= U'Z') && !(c >= U'a' && c <= U'z') &&
         c != U'\'' && c != U',' && c != U'-' && c != U'.';
}

void replace_all(std::u32string& line, std::u32string_view what, std::u32string_view with) {
  for (size_t at = 0; (at = line.find(what, at)) != std::u32string::npos; at += with.size()) {
    line.replace(at, what.size(), with);
  }
}

/// A space on either side of each character that `apart` holds for.
template <class Apart>
std::u32string set_apart(const std::u32string& line, const Apart& apart) {
  std::u32string result;
  for (const char32_t c : line) {
    const bool alone = apart(c);
    if (alone) result += U' ';
    result += c;
    if (alone) result += U' ';
  }
  return result;
}

/// What is written around the two characters of a pair, where '1' and '2' stand for them: "1 2 ".
template <class First, class Second>
std::u32string rewrite_pairs(const std::u32string& line, const First& first, const Second& second,
                             std::u32string_view form) {
  std::u32string result;
  for (size_t at = 0; at < line.size();) {
    if (at + 1 == line.size() || !first(line[at]) || !second(line[at + 1])) {
      result += line[at++];
      continue;
    }
    for (const char32_t c : form) result += c == U'1' ? line[at] : c == U'2' ? line[at + 1] : c;
    at += 2;  // pairs do not overlap: a character that closed one opens none
  }
  return result;
}

std::u32string split_western(const std::u32string& line) {
  const auto other = [](const auto& holds) { return [&holds](char32_t c) { return !holds(c); }; };
  const auto dash = [](char32_t c) { return c == U'-'; };
  auto split = set_apart(line, stands_alone);
  split = rewrite_pairs(split, other(is_digit), is_stop, U"1 2 ");
  split = rewrite_pairs(split, is_stop, other(is_digit), U" 1 2");
  return rewrite_pairs(split, is_digit, dash, U"1 2 ");
}

std::u32string split_13a(std::u32string line) {
  replace_all(line, U"<skipped>", U"");
  replace_all(line, U"-\n", U"");
  replace_all(line, U"\n", U" ");
  replace_all(line, U"&quot;", U"\"");
  replace_all(line, U"&amp;", U"&");
  replace_all(line, U"&lt;", U"<");
  replace_all(line, U"&gt;", U">");
  return split_western(U' ' + line + U' ');
}

std::u32string split_international(const std::u32string& line) {
  const auto no_number = [](char32_t c) { return !text::is_number(c); };
  auto split = rewrite_pairs(line, no_number, text::is_punctuation, U"1 2 ");
  split = rewrite_pairs(split, text::is_punctuation, no_number, U" 1 2");
  return set_apart(split, text::is_symbol);
}

struct Range {
  char32_t first, last;
};

/// The original's ranges, joined, with its slip: the ones beyond U+FFFF are written with the escape of four digits. So
/// no such character is Chinese to it, and the first range below is what it says instead.
constexpr Range kChinese[] = {
    {0x2001, 0x2A6D}, {0x2E80, 0x2EFF}, {0x2F00, 0x2FDF}, {0x2FF0, 0x303F}, {0x3100, 0x312F}, {0x31A0, 0x31BF},
    {0x31C0, 0x31EF}, {0x3200, 0x33FF}, {0x3400, 0x4DB5}, {0x4E00, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A},
    {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF},
};

bool is_chinese(char32_t c) {
  return std::ranges::any_of(kChinese, [c](Range range) { return c >= range.first && c <= range.last; });
}

std::u32string without_lead(const std::u32string& line) {
  return {std::ranges::find_if_not(line, text::is_white_space), line.end()};
}

std::u32string split_of(std::u32string line, BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::v13a:
      return split_13a(std::move(line));
    case BleuTokenizer::international:
      return split_international(line);
    case BleuTokenizer::character:
      return set_apart(line, [](char32_t) { return true; });
    case BleuTokenizer::chinese:
      return split_western(set_apart(without_lead(line), is_chinese));
    case BleuTokenizer::none:
      return line;
  }
  return line;
}

}  // namespace

std::vector<std::string> bleu_tokenizer_names() {
  return {"13a", "intl", "char", "zh", "none"};
}

BleuTokenizer bleu_tokenizer_named(const std::string& name) {
  return static_cast<BleuTokenizer>(place_among(bleu_tokenizer_names(), name, "tokenizer"));
}

std::string name_of(BleuTokenizer tokenizer) {
  return bleu_tokenizer_names()[static_cast<size_t>(tokenizer)];
}

std::u32string bleu_tokens(std::u32string line, BleuTokenizer tokenizer) {
  while (!line.empty() && text::is_white_space(line.back())) line.pop_back();
  return text::single_spaced(split_of(std::move(line), tokenizer));
}

std::string bleu_tokens(std::string_view line, BleuTokenizer tokenizer) {
  if (invalid_utf8(line) != std::string_view::npos) throw InputError("BLEU", "a line is not UTF-8");
  std::string tokens;
  for (const char32_t c : bleu_tokens(text::characters_of(line), tokenizer)) text::append_character(tokens, c);
  return tokens;
}

}  // namespace cairn::metrics
