#include "cairn/base/memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace cairn {
namespace {

constexpr int64_t kBytes = 64 << 20;

void touch(int64_t bytes) {
  volatile char sum = 0;
  for (const char byte : std::vector<char>(bytes, 1)) sum = sum + byte;
}

TEST(Memory, PeakGrowsByWhatIsTouched) {
  const int64_t grown = peak_growth([] { touch(kBytes); });
  EXPECT_GT(grown, kBytes * 0.9);
  EXPECT_LT(grown, kBytes * 1.3);  // a sanitizer adds an eighth of its own
}

TEST(Memory, EarlierPeaksAreForgotten) {
  touch(kBytes);
  EXPECT_LT(peak_growth([] { touch(kBytes / 16); }), kBytes / 2);
}

}  // namespace
}  // namespace cairn
