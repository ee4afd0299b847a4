// Folders of pictures: order, kinds, and what is refused by name.
#include "cairn/data/image_folder.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>

#include "cairn/base/error.h"
#include "cairn/data/source.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/vision/image.h"

namespace cairn::data {
namespace {

class ImageFolder : public testing::Test {
 protected:
  void put(const std::string& name, torch::IntArrayRef shape, int64_t value) const {
    vision::write_png(folder / name, torch::full(shape, value, torch::kUInt8));
  }
  void put_bytes(const std::string& name, const std::string& bytes) const { std::ofstream(folder / name) << bytes; }
  std::string refusal(const ImageFolderOptions& options = {}) const {
    try {
      read_image_folder(folder, options);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no refusal";
  }
  io::TemporaryFolder temporary;
  std::filesystem::path folder = temporary.path();
};

TEST_F(ImageFolder, GivesGreyImagesInTheOrderOfTheirNames) {
  put("b.png", {3, 4}, 2);
  put("a.PNG", {3, 4}, 1);
  put("c.png", {3, 4}, 3);
  put_bytes("readme.txt", "not a picture, and not looked at");
  const auto x = read_image_folder(folder, {});
  EXPECT_EQ(x.sizes(), torch::IntArrayRef({3, 3, 4}));
  EXPECT_TRUE(torch::equal(x.select(1, 0).select(1, 0), torch::tensor({1, 2, 3}, torch::kUInt8)));
  EXPECT_EQ(read_image_folder(folder, {.limit = 2}).size(0), 2);
  EXPECT_TRUE(torch::equal(load_array_split(folder.string(), Split::train), x));
}

TEST_F(ImageFolder, GivesColours) {
  const auto image = torch::arange(2 * 3 * 3).view({2, 3, 3}).to(torch::kUInt8);
  vision::write_png(folder / "a.png", image);
  EXPECT_TRUE(torch::equal(read_image_folder(folder, {})[0], image));
}

TEST_F(ImageFolder, NamesTheFileThatDiffers) {
  put("a.png", {3, 4}, 1);
  put("b.png", {4, 3}, 1);
  EXPECT_NE(refusal().find("b.png"), std::string::npos) << refusal();
  EXPECT_NE(refusal().find("got an image of shape [4, 3], expected [3, 4] as a.png has"), std::string::npos)
      << refusal();
  put("b.png", {3, 4, 3}, 1);
  EXPECT_NE(refusal().find("b.png"), std::string::npos) << refusal();
}

TEST_F(ImageFolder, NamesTheUnreadableFileAndKeepsTheRestOnlyIfAsked) {
  put("a.png", {3, 4}, 1);
  put_bytes("b.png", "no picture");
  put("c.png", {3, 4}, 3);
  EXPECT_NE(refusal().find("b.png"), std::string::npos) << refusal();
  EXPECT_EQ(read_image_folder(folder, {.unreadable = Unreadable::skip}).size(0), 2);
}

TEST_F(ImageFolder, RefusesAFolderWithoutPictures) {
  EXPECT_NE(refusal().find("without .png files"), std::string::npos) << refusal();
  put_bytes("b.png", "no picture");
  EXPECT_NE(refusal({.unreadable = Unreadable::skip}).find("no readable picture"), std::string::npos);
}

}  // namespace
}  // namespace cairn::data
