// A folder of pictures as one array.
#pragma once

#include <filesystem>

#include <torch/types.h>

namespace cairn::data {

/// What becomes of a file that is no readable image.
enum class Unreadable { refuse, skip };

struct ImageFolderOptions {
  int64_t limit = 0;  ///< > 0: the first of them only
  Unreadable unreadable = Unreadable::refuse;
};

/// The folder's .png files in the order of their names: uint8 [N, H, W], or [N, H, W, 3] if they have colours. Throws
/// InputError for a folder without any, and, naming the file, for one that is unreadable (skipped ones are logged) or
/// differs from the first in size or in having colours.
torch::Tensor read_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options);

}  // namespace cairn::data
