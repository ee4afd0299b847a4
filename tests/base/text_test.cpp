// Names near to a typing error, and numbers as text.
#include "cairn/base/text.h"

#include <gtest/gtest.h>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace cairn {
namespace {

TEST(NearestName, FindsTheTypingError) {
  EXPECT_EQ(nearest_name("hiden", {"layers", "hidden", "order"}), "hidden");
  EXPECT_EQ(did_you_mean("hiden", {"hidden"}), " (did you mean 'hidden'?)");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("temperature", {"layers", "hidden"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
  EXPECT_EQ(did_you_mean("temperature", {"layers"}), "");
}

TEST(Exact, ReadsBackToTheSameDouble) {
  for (const double value : {0.1, 1.0 / 3, -88.33, 1e-300, std::numeric_limits<double>::denorm_min(), 3.0}) {
    EXPECT_EQ(std::strtod(exact(value).c_str(), nullptr), value) << exact(value);
  }
  EXPECT_EQ(exact(0.1), "0.1");
}

TEST(Fixed, Rounds) {
  EXPECT_EQ(fixed(88.3349, 2), "88.33");
  EXPECT_EQ(fixed(2, 0), "2");
  EXPECT_EQ(fixed(std::numeric_limits<double>::max(), 2).size(), 312u);
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a.b", '.'), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split("", '.'), (std::vector<std::string>{""}));
  EXPECT_EQ(split(".a.", '.'), (std::vector<std::string>{"", "a", ""}));
  EXPECT_EQ(join(split("a,b,c", ','), ", "), "a, b, c");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Human, SizesAndTimes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1.5e9), "1.5 GB");
  EXPECT_EQ(human_seconds(12), "12 s");
  EXPECT_EQ(human_seconds(2.25), "2.2 s");
  EXPECT_EQ(human_seconds(3 * 3600 + 120), "3 h 02 min");
  EXPECT_EQ(human_seconds(std::nan("")), "?");
}

TEST(Text, SizesAreReadWithTheirUnits) {
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("800MB"), 8e8);
  EXPECT_EQ(parse_bytes("1.5 GiB"), 1.5 * 1024 * 1024 * 1024);
  EXPECT_EQ(parse_bytes("0"), 0);
  for (const char* wrong : {"", "MB", "5 mb", "5MBs", "-1kB", "inf", "nan", "1e999"}) {
    EXPECT_EQ(parse_bytes(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace cairn
