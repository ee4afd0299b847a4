// The catalogue: names, lookup order, checksums, and the text that tells how to get a set that is absent.
#include "cairn/data/catalogue.h"

#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>
#include <set>

#include "cairn/base/error.h"

using namespace cairn;
namespace fs = std::filesystem;

namespace {

/// $CAIRN_DATA set to a fresh folder for one test, and as it was afterwards.
class CatalogueIn : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("CAIRN_DATA")) before_ = before;
    fs::create_directories(folder_);
    setenv("CAIRN_DATA", folder_.c_str(), 1);
  }
  void TearDown() override {
    fs::remove_all(folder_);
    before_.empty() ? unsetenv("CAIRN_DATA") : setenv("CAIRN_DATA", before_.c_str(), 1);
  }
  fs::path folder_ = fs::temp_directory_path() / "cairn_catalogue_test";

 private:
  std::string before_;
};

}  // namespace

TEST(Catalogue, EntriesAreWhole) {
  std::set<std::string> names;
  for (const auto& set : data::catalogue()) {
    EXPECT_TRUE(names.insert(set.name).second) << set.name << " twice";
    EXPECT_FALSE(set.summary.empty() || set.licence.empty() || set.origin.empty() || set.files.empty()) << set.name;
    for (const auto& file : set.files) {
      EXPECT_EQ(file.sha256.size(), 64u) << file.path;
      EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos) << file.path;
    }
  }
}

TEST(Catalogue, UnknownNameGetsTheNearest) {
  try {
    data::data_set_named("binarised_mnist");
    FAIL() << "nothing thrown";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'binarized_mnist'"), std::string::npos) << error.what();
  }
}

TEST_F(CatalogueIn, ShippedDigitsAreWholeAndFoundWithoutAnyOtherData) {
  const auto& digits = data::data_set_named("digits");
  EXPECT_EQ(data::folder_of(digits), fs::path(CAIRN_SOURCE_DIR) / "shipped/data/digits");
  EXPECT_TRUE(data::damages(digits).empty());
}

TEST_F(CatalogueIn, ChosenFolderComesFirst) {
  const auto& digits = data::data_set_named("digits");
  fs::create_directories(folder_ / "digits");
  for (const auto& file : digits.files) std::ofstream(folder_ / "digits" / file.path) << "not the file";
  EXPECT_EQ(data::folder_of(digits), folder_ / "digits");
  EXPECT_EQ(data::damages(digits).size(), digits.files.size());
  EXPECT_NE(data::damages(digits)[0].find("images-train.idx3.gz"), std::string::npos);
}

TEST_F(CatalogueIn, HalfASetIsNotFoundButItsMissingFilesAreNamed) {
  const auto& mnist = data::data_set_named("mnist");
  if (data::find_folder(mnist)) GTEST_SKIP() << "mnist is in the project's data folder";
  EXPECT_THROW(data::damages(mnist), EnvironmentError);
  fs::create_directories(folder_ / "mnist");
  std::ofstream(folder_ / "mnist" / mnist.files[0].path) << "x";
  EXPECT_FALSE(data::find_folder(mnist));
  const auto found = data::damages(mnist);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_NE(found[0].find("sha256"), std::string::npos);
  EXPECT_NE(found[1].find("missing"), std::string::npos);
}

TEST_F(CatalogueIn, AbsentSetTellsHowToGetIt) {
  const auto& mnist = data::data_set_named("mnist");
  if (data::find_folder(mnist)) GTEST_SKIP() << "mnist is in the project's data folder";
  try {
    data::folder_of(mnist);
    FAIL() << "nothing thrown";
  } catch (const EnvironmentError& error) {
    const std::string text = error.what();
    for (const std::string part :
         {"train-images-idx3-ubyte.gz", mnist.files[0].sha256.c_str(), folder_.c_str(), "data verify mnist"}) {
      EXPECT_NE(text.find(part), std::string::npos) << part << " not in\n" << text;
    }
  }
}
