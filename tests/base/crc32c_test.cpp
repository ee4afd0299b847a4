// CRC-32C against published check values.
#include "cairn/base/crc32c.h"

#include <gtest/gtest.h>
#include <string>

namespace cairn {
namespace {

// "123456789" is the catalogue's check value; the others stand in RFC 3720, B.4.
TEST(Crc32c, CheckValues) {
  EXPECT_EQ(crc32c("123456789", 9), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0').data(), 32), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff').data(), 32), 0x62A8AB43u);
  EXPECT_EQ(crc32c("", 0), 0u);
}

TEST(Crc32c, MaskCanBeUndone) {
  const uint32_t rotated = masked_crc32c("123456789", 9) - 0xA282EAD8u;
  EXPECT_EQ(rotated << 15 | rotated >> 17, crc32c("123456789", 9));
}

}  // namespace
}  // namespace cairn
