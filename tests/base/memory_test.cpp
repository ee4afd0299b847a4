#include "cairn/base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

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

/// Pages that the system gave while touch() ran.
int64_t faults() {
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  touch(kBytes);
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

TEST(Memory, WhatIsKeptIsNotTakenAnew) {
  constexpr int64_t kPages = kBytes >> 12;
  if (faults() + faults() < kPages) GTEST_SKIP() << "the system does not count faults, or keeps memory anyway";
  keep_freed_memory();
  faults();
  EXPECT_LT(faults(), kPages / 4);
}

}  // namespace
}  // namespace cairn
