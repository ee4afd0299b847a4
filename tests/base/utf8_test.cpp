// RFC 3629's boundaries, on both sides.
#include "cairn/base/utf8.h"

#include <gtest/gtest.h>

using namespace cairn;

TEST(Utf8, Boundaries) {
  for (const char* valid : {"", "a", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U00010000",
                            "\U0010ffff", "gr\u00f6\u00dfe \u7ea2"}) {
    EXPECT_TRUE(is_utf8(valid)) << valid;
  }
  for (const char* invalid : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                              "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98",
                              "\xc3"
                              "a"}) {
    EXPECT_FALSE(is_utf8(invalid)) << invalid;
  }
  EXPECT_EQ(invalid_utf8("ab\u00e9\xff"), 4U);
}

TEST(Utf8, IllFormedBytesAreFoundWhereTheyAre) {
  constexpr auto kFine = std::string_view::npos;
  EXPECT_EQ(invalid_utf8(""), kFine);
  EXPECT_EQ(invalid_utf8("a\xC3\xA9\xE4\xBA\xBA\xF0\x9F\x98\x80"), kFine);
  EXPECT_EQ(invalid_utf8("ab\x80"), 2U);            // a continuation alone
  EXPECT_EQ(invalid_utf8("\xC0\xAF"), 0U);          // overlong /
  EXPECT_EQ(invalid_utf8("\xE0\x80\xAF"), 0U);      // overlong
  EXPECT_EQ(invalid_utf8("x\xED\xA0\x80"), 1U);     // a surrogate
  EXPECT_EQ(invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(invalid_utf8("\xF0\x9F\x98"), 0U);      // cut short
}
