// Characters and the rules that make words of them.
#include "cairn/text/word_rule.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"
#include "cairn/text/characters.h"
#include "cairn/text/word_index.h"

namespace cairn::text {
namespace {

constexpr auto kFine = std::string_view::npos;

TEST(Characters, EveryOneComesBack) {
  for (char32_t c = 1; c < 0x110000; c += c < 0x3000 ? 1 : 977) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    append_character(text, c);
    size_t at = 0;
    EXPECT_EQ(next_character(text, at), c);
    EXPECT_EQ(at, text.size());
    EXPECT_EQ(invalid_utf8(text), kFine) << static_cast<uint32_t>(c);
  }
}

TEST(WordRule, Text8KeepsLettersAndSpellsDigits) {
  EXPECT_EQ(normalised("The 2nd War-time caf\xC3\xA9!\n\n  x\n", WordRule::text8), "the two nd war time caf\nx\n");
  EXPECT_EQ(normalised("12", WordRule::text8), "one two");
}

TEST(WordRule, WhitespaceKeepsWordsAsTheyStand) {
  EXPECT_EQ(normalised(" A,b \t c\r\nd", WordRule::whitespace), "A,b c\nd");
}

TEST(WordRule, LowerKnowsEveryScript) {
  EXPECT_EQ(normalised("\xC3\x89t\xC3\xA9, \xD0\x9C\xD0\xB8\xD1\x80 42\n", WordRule::lower),
            "\xC3\xA9t\xC3\xA9 \xD0\xBC\xD0\xB8\xD1\x80 42\n");
}

TEST(WordRule, ChineseTakesEachCharacter) {
  EXPECT_EQ(normalised("\xE5\xAE\x9D\xE7\x8E\x89\xEF\xBC\x8CLTD 9\n", WordRule::chinese),
            "\xE5\xAE\x9D \xE7\x8E\x89 ltd 9\n");
}

TEST(WordRule, NothingGivesNothing) {
  for (const auto& name : word_rule_names())
    EXPECT_EQ(normalised(" ,\n \n", word_rule_named(name)).find('\n'), name == "whitespace" ? 1U : kFine) << name;
}

TEST(WordRule, UnknownNamesAreRefused) {
  try {
    word_rule_named("text9");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'text8'?"), std::string::npos);
  }
}

TEST(WordRule, WordsAndSentencesAreWalked) {
  std::string seen;
  for_each_word(
      "a bc\nd\n\ne", [&](std::string_view word) { seen += "[" + std::string(word) + "]"; }, [&] { seen += "/"; });
  EXPECT_EQ(seen, "[a][bc]/[d]//[e]");
}

TEST(WordIndex, NumbersWordsByArrival) {
  WordIndex index;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(index.add(std::to_string(i)), i);
  }
  EXPECT_EQ(index.size(), 5000);
  EXPECT_EQ(index[4321], "4321");
  EXPECT_EQ(index.find("4321"), 4321);
  EXPECT_EQ(index.find("x"), -1);
  EXPECT_EQ(index.find(""), -1);
}

}  // namespace
}  // namespace cairn::text
