// Mapped files: contents, emptiness, privacy, memory, and what cannot be mapped.
#include "cairn/io/mapped_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;
using io::MappedFile;

TEST(MappedFile, HoldsTheBytesAfterTheNameIsGone) {
  const TemporaryFolder folder;
  spill(folder / "x", "text");
  const auto file = MappedFile::open(folder / "x");
  std::filesystem::remove(folder / "x");
  ASSERT_EQ(file->bytes().size(), 4U);
  EXPECT_EQ(file->bytes()[3], std::byte{'t'});
}

TEST(MappedFile, WritingChangesMemoryAlone) {
  const TemporaryFolder folder;
  spill(folder / "x", "text");
  MappedFile::open(folder / "x")->bytes()[0] = std::byte{'n'};
  EXPECT_EQ(slurp(folder / "x"), "text");
}

/// How much memory grows while a sparse file of 64 MB is read a megabyte at a time.
int64_t growth_reading(bool forget) {
  constexpr size_t kMegabyte = 1 << 20;
  const TemporaryFolder folder;
  spill(folder / "x", "");
  std::filesystem::resize_file(folder / "x", 64 * kMegabyte);
  const auto file = MappedFile::open(folder / "x");
  return peak_growth([&] {
    for (size_t at = 0; at < file->bytes().size(); at += kMegabyte) {
      const auto part = file->bytes().subspan(at, kMegabyte);
      EXPECT_EQ(std::count(part.begin(), part.end(), std::byte{0}), kMegabyte);
      if (forget) file->forget();
    }
  });
}

TEST(MappedFile, WhatIsForgottenTakesNoMemory) {
  EXPECT_GT(growth_reading(/*forget=*/false), 48 << 20);
  EXPECT_LT(growth_reading(/*forget=*/true), 16 << 20);
}

TEST(MappedFile, WhatWasForgottenIsReadAgain) {
  const TemporaryFolder folder;
  spill(folder / "x", "text");
  const auto file = MappedFile::open(folder / "x");
  file->bytes()[0] = std::byte{'n'};
  file->forget();
  EXPECT_EQ(file->bytes()[0], std::byte{'t'});
}

TEST(MappedFile, Edges) {
  const TemporaryFolder folder;
  spill(folder / "empty", "");
  EXPECT_TRUE(MappedFile::open(folder / "empty")->bytes().empty());
  EXPECT_THROW(MappedFile::open(folder / "absent"), EnvironmentError);
  EXPECT_THROW(MappedFile::open(folder.path()), EnvironmentError);
  EXPECT_THROW(MappedFile::open("/dev/zero"), EnvironmentError);
}
