// The folders of shipped files: order, and the error for a file that none of them has.
#include "cairn/base/resources.h"

#include <gtest/gtest.h>
#include <cstdlib>

#include "cairn/base/error.h"

namespace fs = std::filesystem;

TEST(Resources, SourceTreeIsOne) {
  unsetenv("CAIRN_HOME");
  EXPECT_EQ(cairn::resource("cmake/CairnTargets.cmake"), fs::path(CAIRN_SOURCE_DIR) / "cmake/CairnTargets.cmake");
}

TEST(Resources, HomeComesFirst) {
  const fs::path home = fs::temp_directory_path() / "cairn_resources_test";
  fs::create_directories(home / "cmake");
  setenv("CAIRN_HOME", home.c_str(), 1);
  EXPECT_EQ(cairn::resource_folders().front(), home);
  EXPECT_EQ(cairn::resource("cmake"), home / "cmake");
  unsetenv("CAIRN_HOME");
  fs::remove_all(home);
}

TEST(Resources, MissingOneNamesWhereItLooked) {
  try {
    cairn::resource("no/such.file");
    FAIL() << "nothing thrown";
  } catch (const cairn::EnvironmentError& error) {
    EXPECT_NE(std::string(error.what()).find(CAIRN_SOURCE_DIR), std::string::npos);
  }
}
