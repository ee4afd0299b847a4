#include "cairn/data/image_folder.h"

#include <torch/types.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/vision/image.h"

namespace cairn::data {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string ending = entry.path().extension().string();
    if (entry.is_regular_file() && (ending == ".png" || ending == ".PNG")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw InputError(folder.string(), got_expected("a folder without .png files", "pictures"));
  return files;
}

std::optional<torch::Tensor> read(const fs::path& file, Unreadable unreadable) {
  try {
    return vision::read_image(file);
  } catch (const InputError& error) {
    if (unreadable == Unreadable::refuse) throw;
    log::warn(cat("skipped ", error.what()));
    return std::nullopt;
  }
}

}  // namespace

torch::Tensor read_image_folder(const fs::path& folder, const ImageFolderOptions& options) {
  std::vector<torch::Tensor> images;
  fs::path first;
  for (const fs::path& file : pictures_in(folder)) {
    if (options.limit > 0 && static_cast<int64_t>(images.size()) == options.limit) break;
    const auto image = read(file, options.unreadable);
    if (!image) continue;
    if (images.empty()) first = file;
    if (!images.empty() && image->sizes() != images.front().sizes()) {
      throw InputError(file.string(),
                       got_expected(cat("an image of shape ", image->sizes()),
                                    cat(images.front().sizes(), " as ", first.filename().string(), " has")));
    }
    images.push_back(*image);
  }
  if (images.empty()) throw InputError(folder.string(), got_expected("no readable picture", "at least one"));
  return torch::stack(images);
}

}  // namespace cairn::data
