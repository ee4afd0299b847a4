// Complete or absent: through errors, full disks, read-only folders, and kills at any instant.
#include "cairn/io/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;
namespace fs = std::filesystem;

namespace {

/// Runs `act` in a process of its own; returns its exit code, or 128 + the signal that ended it.
int in_child(const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      act();
    } catch (const Error& error) {
      ::_exit(error.exit_code());
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void write_part_and_die(const fs::path& path) {
  io::AtomicFile file(path);
  file.write("half of the");
  ::kill(::getpid(), SIGKILL);
}

}  // namespace

TEST(AtomicFile, AppearsOnCommit) {
  const TemporaryFolder folder;
  {
    io::AtomicFile file(folder / "new/folders/x");
    file.write("text");
    EXPECT_FALSE(fs::exists(folder / "new/folders/x"));
    file.commit();
  }
  EXPECT_EQ(slurp(folder / "new/folders/x"), "text");
  io::write_file(folder / "new/folders/x", "other");
  EXPECT_EQ(slurp(folder / "new/folders/x"), "other");
}

TEST(AtomicFile, WithoutCommitTheOldOneStays) {
  const TemporaryFolder folder;
  spill(folder / "x", "old");
  {
    io::AtomicFile(folder / "x").write("new");
  }
  EXPECT_EQ(slurp(folder / "x"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
}

TEST(AtomicFile, KilledBetweenWriteAndRename) {
  const TemporaryFolder folder;
  spill(folder / "x", "old");
  EXPECT_EQ(in_child([&] { write_part_and_die(folder / "x"); }), 128 + SIGKILL);
  EXPECT_EQ(slurp(folder / "x"), "old");
  EXPECT_EQ(folder.names().size(), 2U);
  io::remove_stale_temporaries(folder.path());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
}

TEST(AtomicFile, KilledAtRandomInstants) {
  const TemporaryFolder folder;
  const std::string old(300'000, 'o'), fresh(500'000, 'n');
  spill(folder / "x", old);
  int replaced = 0;
  for (int i = 0; i < 20 || (replaced == 0 && i < 200); ++i) {  // a busy machine needs more rounds to replace it once
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) io::write_file(folder / "x", fresh);
    }
    ::usleep(static_cast<useconds_t>(500 * i));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string now = slurp(folder / "x");
    EXPECT_TRUE(now == old || now == fresh) << now.size();
    replaced += now == fresh;
  }
  EXPECT_GT(replaced, 0);
}

TEST(AtomicFile, AFullDiskIsAnErrorAndTheOldOneStays) {
  const TemporaryFolder folder;
  spill(folder / "x", "old");
  const int code = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    constexpr rlimit kSmall{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &kSmall);
    io::write_file(folder / "x", std::string(5000, 'n'));
  });
  EXPECT_EQ(code, 1);
  EXPECT_EQ(slurp(folder / "x"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
}

TEST(AtomicFile, ADeviceWithoutRoomIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_THROW(io::write_file("/dev/full", "text"), EnvironmentError);
}

TEST(AtomicFile, AReadOnlyFolderIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_THROW(io::write_file(folder / "x", "text"), EnvironmentError);
  EXPECT_TRUE(folder.names().empty());
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(AtomicFile, PlacesThatCannotBeWrittenTo) {
  const TemporaryFolder folder;
  spill(folder / "file", "");
  EXPECT_THROW(io::write_file(folder.path(), "text"), EnvironmentError);
  EXPECT_THROW(io::write_file(folder / "file/x", "text"), EnvironmentError);
  EXPECT_THROW(io::write_file("/proc/no-such-place/x", "text"), EnvironmentError);
}

TEST(AtomicFile, ALinkIsFollowed) {
  const TemporaryFolder folder;
  spill(folder / "real", "old");
  fs::create_symlink(folder / "real", folder / "link");
  io::write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(slurp(folder / "real"), "new");
}

TEST(AtomicFile, ReadFileIsBounded) {
  const TemporaryFolder folder;
  spill(folder / "x", "12345");
  EXPECT_EQ(io::read_file(folder / "x", 5), "12345");
  EXPECT_THROW(io::read_file(folder / "x", 4), InputError);
  EXPECT_THROW(io::read_file(folder / "absent", 4), EnvironmentError);
  EXPECT_THROW(io::read_file("/dev/zero", 1000), InputError);
}

TEST(AtomicFolder, ReplacesTheOldOneInOneStep) {
  const TemporaryFolder folder;
  for (const char* text : {"first", "second"}) {
    io::AtomicFolder fresh(folder / "model");
    spill(fresh.path() / text, text);
    fresh.commit();
  }
  EXPECT_FALSE(fs::exists(folder / "model/first"));
  EXPECT_EQ(slurp(folder / "model/second"), "second");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"model"});
}

TEST(AtomicFolder, KilledAtRandomInstants) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& text) {
    io::AtomicFolder fresh(folder / "model");
    for (const char* name : {"a", "b", "c"}) spill(fresh.path() / name, text);
    fresh.commit();
  };
  write("0");
  for (int i = 1; i < 15; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int round = 0;; ++round) write(std::to_string(round));
    }
    ::usleep(static_cast<useconds_t>(700 * i));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string first = slurp(folder / "model/a");
    EXPECT_FALSE(first.empty());
    for (const char* name : {"b", "c"}) EXPECT_EQ(slurp(folder / (std::string("model/") + name)), first);
  }
  io::remove_stale_temporaries(folder.path());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"model"});
}
