// What concerns the process: signals, threads, progress and messages on stderr, the version.
#include <gtest/gtest.h>
#include <sched.h>
#include <algorithm>
#include <csignal>

#include "cairn/base/log.h"
#include "cairn/base/progress.h"
#include "cairn/base/stop.h"
#include "cairn/base/threads.h"
#include "cairn/base/version.h"

namespace cairn {
namespace {

TEST(Stop, FirstSignalOnlyAsks) {
  {
    const StopSignals signals;
    EXPECT_FALSE(stop_requested());
    std::raise(SIGTERM);
    EXPECT_TRUE(stop_requested());
  }
  const StopSignals fresh;
  EXPECT_FALSE(stop_requested());
}

TEST(Stop, SecondSignalEnds) {
  EXPECT_EXIT(
      {
        const StopSignals signals;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

TEST(Stop, OldHandlerComesBack) {
  EXPECT_EXIT(
      {
        {
          const StopSignals signals;
        }
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(Threads, QuotaIsRoundedUp) {
  EXPECT_EQ(threads_of_quota("200000 100000"), 2);
  EXPECT_EQ(threads_of_quota("150000 100000"), 2);
  EXPECT_EQ(threads_of_quota("1000 100000"), 1);
  EXPECT_EQ(threads_of_quota("max 100000"), std::nullopt);
  EXPECT_EQ(threads_of_quota(""), std::nullopt);
  EXPECT_EQ(threads_of_quota("5 0"), std::nullopt);
}

TEST(Threads, AffinityIsHonoured) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  EXPECT_GE(available_threads(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_threads(), 1);
  sched_setaffinity(0, sizeof before, &before);
}

class Stderr : public testing::Test {
 protected:
  void TearDown() override { log::set_level(log::Level::normal); }
  static std::string progress() {
    testing::internal::CaptureStderr();
    Progress bar({.what = "train", .total = 100, .line_seconds = 0});
    bar.update({.done = 50, .loss = 88.25});
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Stderr, ProgressIsOnePlainLineWithoutATerminal) {
  const std::string line = progress();
  for (const char* part : {"train 50/100", "/s", "loss 88.25", "left "})
    EXPECT_NE(line.find(part), std::string::npos) << line;
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(line.find('\r'), std::string::npos);
}

TEST_F(Stderr, QuietSilencesProgressAndNewsButNotWarnings) {
  log::set_level(log::Level::quiet);
  EXPECT_EQ(progress(), "");
  testing::internal::CaptureStderr();
  log::info("news {}");
  log::warn("beware {}");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("news"), std::string::npos);
  EXPECT_NE(text.find("beware {}"), std::string::npos);  // braces are no format
}

TEST_F(Stderr, VerboseAddsDebug) {
  testing::internal::CaptureStderr();
  log::debug("first");
  log::set_level(log::Level::verbose);
  log::debug("second");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("first"), std::string::npos);
  EXPECT_NE(text.find("second"), std::string::npos);
}

TEST(Version, CodeVersionExtendsTheVersion) {
  EXPECT_NE(version().find("."), std::string::npos);
  EXPECT_TRUE(code_version().starts_with(version()));
}

}  // namespace
}  // namespace cairn
