// Mapped files: contents, emptiness, privacy, and what cannot be mapped.
#include "cairn/io/mapped_file.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
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

TEST(MappedFile, Edges) {
  const TemporaryFolder folder;
  spill(folder / "empty", "");
  EXPECT_TRUE(MappedFile::open(folder / "empty")->bytes().empty());
  EXPECT_THROW(MappedFile::open(folder / "absent"), EnvironmentError);
  EXPECT_THROW(MappedFile::open(folder.path()), EnvironmentError);
  EXPECT_THROW(MappedFile::open("/dev/zero"), EnvironmentError);
}
