#include "cairn/io/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace cairn::io {
namespace {

TEST(TemporaryFolder, IsItsOwnAndGoesWithItsFiles) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder, other;
    path = folder.path();
    EXPECT_NE(path, other.path());
    std::ofstream(path / "file") << "text";
    EXPECT_TRUE(std::filesystem::exists(path / "file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace cairn::io
