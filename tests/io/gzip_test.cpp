// gzip: round trip, bounds, damage.
#include "cairn/io/gzip.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

TEST(Gzip, RoundTripWithTheSameBytesEachTime) {
  for (const size_t size : {0UL, 1UL, 1000UL, 1'000'000UL}) {
    std::string text(size, 'a');
    for (size_t i = 0; i < size; i += 3) text[i] = static_cast<char>(i * 7919);
    const std::string packed = io::gzip(bytes_of(text));
    EXPECT_TRUE(io::is_gzip(bytes_of(packed)));
    EXPECT_EQ(io::gunzip(bytes_of(packed), size + 1, "x"), text);
    EXPECT_EQ(io::gzip(bytes_of(text)), packed);
  }
}

TEST(Gzip, StopsAtTheBound) {
  const std::string packed = io::gzip(bytes_of(std::string(10'000'000, 'a')));
  EXPECT_EQ(io::gunzip(bytes_of(packed), 10, "x"), "aaaaaaaaaa");
  EXPECT_EQ(io::gunzip(bytes_of(packed), 0, "x"), "");
}

TEST(Gzip, DamageNamesTheFile) {
  const std::string packed = io::gzip(bytes_of("some text to pack"));
  for (size_t size = 0; size < packed.size(); ++size) {
    const std::string cut = packed.substr(0, size);
    EXPECT_NE(input_error([&] { io::gunzip(bytes_of(cut), 1000, "x.gz"); }).find("x.gz"), std::string::npos) << size;
  }
  std::string flipped = packed;
  flipped[flipped.size() - 6] ^= 1;  // the checksum
  EXPECT_NE(input_error([&] { io::gunzip(bytes_of(flipped), 1000, "x.gz"); }), "");
  EXPECT_FALSE(io::is_gzip(bytes_of("x")));
}
