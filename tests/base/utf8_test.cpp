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
  EXPECT_EQ(invalid_utf8("x\xed\xa0\x80"), 1U);
}
