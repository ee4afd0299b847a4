// From a SPEC to tensors: names, splits, paths, labels, and what is refused.
#include "cairn/data/source.h"

#include <gtest/gtest.h>
#include <functional>

#include "cairn/base/error.h"

using namespace cairn;
using data::Split;

namespace {

const std::string digits_folder = std::string(CAIRN_SOURCE_DIR) + "/shipped/data/digits/";

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST(Source, NamePicksTheSplitsFile) {
  const auto train = data::load_array_split("digits", Split::train);
  EXPECT_EQ(train.sizes(), (std::vector<int64_t>{10000, 28, 28}));
  EXPECT_EQ(train.dtype(), torch::kUInt8);
  EXPECT_EQ(train.max().item<int64_t>(), 1);
  EXPECT_EQ(data::load_array_split("digits", Split::valid).size(0), 1000);
}

TEST(Source, NamedSplitBeatsTheAskedOne) {
  EXPECT_EQ(data::load_array_split("digits:test", Split::train).size(0), 2000);
  EXPECT_EQ(data::describe_source("digits:test", Split::train), "digits, test split");
}

TEST(Source, LimitKeepsTheFirstRows) {
  const auto all = data::load_array_split("digits", Split::test);
  EXPECT_TRUE(torch::equal(data::load_array_split("digits", Split::test, 7), all.narrow(0, 0, 7)));
  EXPECT_EQ(data::load_array_split("digits", Split::test, 1'000'000).size(0), 2000);
}

TEST(Source, LabelsMatchTheShippedCounts) {
  const auto labels = data::load_labels("digits", Split::train);
  EXPECT_EQ(labels.dtype(), torch::kInt64);
  EXPECT_TRUE(torch::equal(torch::bincount(labels), torch::full({10}, 1000, torch::kInt64)));
}

TEST(Source, PathFindsItsLabels) {
  const std::string images = digits_folder + "images-valid.idx3.gz";
  const std::string labels = digits_folder + "labels-valid.idx1.gz";
  EXPECT_TRUE(
      torch::equal(data::load_array_split(images, Split::train), data::load_array_split("digits", Split::valid)));
  EXPECT_TRUE(torch::equal(data::load_labels(images, Split::train), data::load_labels("digits", Split::valid)));
  EXPECT_TRUE(
      torch::equal(data::load_labels(images + "," + labels, Split::train), data::load_labels("digits", Split::valid)));
  EXPECT_EQ(data::load_array_split(images + "," + labels, Split::train).size(0), 1000);
}

TEST(Source, RefusesByName) {
  EXPECT_NE(message_of([] { data::load_array_split("digit", Split::train); }).find("'digits'"), std::string::npos);
  EXPECT_NE(message_of([] { data::load_array_split("mnist", Split::valid); }).find("train, test"), std::string::npos);
  EXPECT_NE(message_of([] { data::load_labels("binarized_mnist", Split::test); }).find("no labels"), std::string::npos);
  EXPECT_NE(message_of([] { data::load_array_split("no/such.npy", Split::test); }).find("no/such.npy"),
            std::string::npos);
  EXPECT_THROW(data::load_array_split("digits:tset", Split::train), UsageError);
  EXPECT_THROW(
      data::load_labels(digits_folder + "images-valid.idx3.gz," + digits_folder + "images-test.idx3.gz", Split::valid),
      InputError);
}

TEST(Source, LicenceIsTheCatalogues) {
  EXPECT_NE(data::licence_of("digits").find("MNIST"), std::string::npos);
  EXPECT_NE(data::licence_of("mine.npy").find("own"), std::string::npos);
}
