// Byte pairs: merges by their rank, words by GPT-2's rule, every byte back. Parity:
// models/transformer/hf_layouts_test.cpp.
#include "cairn/text/byte_pairs.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/text/characters.h"

namespace cairn::text {
namespace {

/// The characters that stand for the 256 bytes, then what `merges` give.
Vocabulary tokens_with(const std::vector<std::string>& more) {
  std::vector<std::string> tokens;
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool prints = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    tokens.emplace_back();
    append_character(tokens.back(), prints ? byte : next++);
  }
  tokens.insert(tokens.end(), more.begin(), more.end());
  return Vocabulary(tokens);
}

std::vector<std::string> tokens_of(const BytePairs& pairs, std::string_view text) {
  std::vector<int64_t> ids;
  pairs.encode(text, ids);
  EXPECT_EQ(pairs.decode(ids.data(), ids.data() + ids.size()), text);
  std::vector<std::string> tokens;
  for (const int64_t id : ids) tokens.push_back(pairs.tokens()[id]);
  return tokens;
}

using Tokens = std::vector<std::string>;

TEST(BytePairs, TheMostUrgentMergeComesFirst) {
  const BytePairs pairs(tokens_with({"bc", "ab", "abc"}), {"b c", "a b", "a bc"}, "test");
  EXPECT_EQ(tokens_of(pairs, "abc"), Tokens({"abc"}));
  EXPECT_EQ(tokens_of(pairs, "abab"), Tokens({"ab", "ab"}));
  EXPECT_EQ(tokens_of(pairs, "ab c"), Tokens({"ab", "\u0120", "c"}));  // merges stay within words
  EXPECT_EQ(tokens_of(pairs, ""), Tokens());
  EXPECT_EQ(pairs.tokens()[pairs.newline()], "\u010a");
}

TEST(BytePairs, WordsTakeTheSpaceBeforeThem) {
  const BytePairs pairs(tokens_with({"\u0120a", "\u0120\u0120", "'s", "a1", "a!"}),
                        {"\u0120 a", "\u0120 \u0120", "' s", "a 1", "a !"}, "test");
  EXPECT_EQ(tokens_of(pairs, "a a"), Tokens({"a", "\u0120a"}));
  EXPECT_EQ(tokens_of(pairs, "a   a"), Tokens({"a", "\u0120\u0120", "\u0120a"}));
  EXPECT_EQ(tokens_of(pairs, "a  "), Tokens({"a", "\u0120\u0120"}));
  EXPECT_EQ(tokens_of(pairs, "a's"), Tokens({"a", "'s"}));
  EXPECT_EQ(tokens_of(pairs, "a1a!"), Tokens({"a", "1", "a", "!"}));  // letters, numbers and others are words apart
  EXPECT_EQ(tokens_of(pairs, "é").size(), 2U);
}

TEST(BytePairs, DamageIsRefused) {
  EXPECT_THROW(BytePairs(Vocabulary({"a"}), {}, "test"), InputError);
  for (const char* merge : {"", "a", "a b", "a zz", " ", "a  b"}) {
    EXPECT_THROW(BytePairs(tokens_with({}), {merge}, "test"), InputError) << merge;
  }
}

}  // namespace
}  // namespace cairn::text
