// Images: PNG round trips, damaged files, grids.
#include "cairn/vision/image.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <fstream>

#include "cairn/base/error.h"

using namespace cairn;
namespace fs = std::filesystem;

TEST(Image, PngKeepsEveryPixel) {
  const auto grey = torch::randint(256, {7, 5}, torch::kUInt8);
  const auto colour = torch::randint(256, {4, 9, 3}, torch::kUInt8);
  EXPECT_TRUE(torch::equal(vision::decode_image(vision::encode_png(grey), "grey"), grey));
  EXPECT_TRUE(torch::equal(vision::decode_image(vision::encode_png(colour), "colour"), colour));
  EXPECT_TRUE(
      torch::equal(vision::decode_image(vision::encode_png(colour.transpose(0, 1)), "view"), colour.transpose(0, 1)));
}

TEST(Image, FilesComeBack) {
  const auto path = fs::temp_directory_path() / "cairn_image_test.png";
  const auto image = torch::randint(256, {3, 2, 3}, torch::kUInt8);
  vision::write_png(path, image);
  EXPECT_TRUE(torch::equal(vision::read_image(path), image));
  fs::remove(path);
  EXPECT_THROW(vision::read_image(path), EnvironmentError);
}

TEST(Image, RefusesWhatIsNoImage) {
  EXPECT_THROW(vision::encode_png(torch::zeros({0, 4}, torch::kUInt8)), UsageError);
  EXPECT_THROW(vision::encode_png(torch::zeros({2, 4})), UsageError);
  EXPECT_THROW(vision::encode_png(torch::zeros({2, 4, 2}, torch::kUInt8)), UsageError);
  EXPECT_THROW(vision::decode_image("", "empty"), InputError);
  EXPECT_THROW(vision::decode_image("not a picture at all", "text"), InputError);
}

TEST(Image, RefusesAnEnormousHeaderBeforeAllocating) {
  std::string bytes = vision::encode_png(torch::zeros({2, 2}, torch::kUInt8));
  for (const size_t at : {16, 20}) bytes.replace(at, 4, "\x7f\xff\xff\xff");
  EXPECT_THROW(vision::decode_image(bytes, "huge.png"), InputError);
}

TEST(Image, ToBytesClampsAndRounds) {
  const auto bytes = vision::to_bytes(torch::tensor({-1.0, 0.0, 0.5, 1.0, 7.0}));
  EXPECT_TRUE(torch::equal(bytes, torch::tensor({0, 0, 128, 255, 255}, torch::kUInt8)));
  EXPECT_THROW(vision::to_bytes(torch::zeros({2}, torch::kInt64)), UsageError);
}

TEST(Image, GridPlacesCellsRowByRow) {
  const auto images = torch::tensor({10, 20, 30}, torch::kUInt8).reshape({3, 1, 1});
  const auto sheet = vision::grid(images, {.columns = 2, .gap = 1, .background = 5});
  const auto expected =
      torch::tensor({5, 5, 5, 5, 5, 5, 10, 5, 20, 5, 5, 5, 5, 5, 5, 5, 30, 5, 5, 5, 5, 5, 5, 5, 5}, torch::kUInt8);
  EXPECT_TRUE(torch::equal(sheet, expected.reshape({5, 5})));
}

TEST(Image, GridOfNoneAndOfOne) {
  EXPECT_EQ(vision::grid(torch::zeros({0, 8, 8})).sizes(), (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(vision::grid(torch::zeros({1, 8, 6, 3}), {.gap = 0}).sizes(), (std::vector<int64_t>{8, 6, 3}));
  EXPECT_THROW(vision::grid(torch::zeros({8, 8})), UsageError);
}

TEST(Image, EnlargeRepeatsPixels) {
  const auto image = torch::tensor({1, 2}, torch::kUInt8).reshape({1, 2});
  EXPECT_TRUE(
      torch::equal(vision::enlarge(image, 2), torch::tensor({1, 1, 2, 2, 1, 1, 2, 2}, torch::kUInt8).reshape({2, 4})));
  EXPECT_THROW(vision::enlarge(image, 0), UsageError);
}
