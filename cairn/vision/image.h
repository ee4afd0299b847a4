// Images as tensors: uint8, [H, W] grey or [H, W, 3] RGB; PNG in and out; many small ones laid out as one.
#pragma once

#include <filesystem>
#include <string>

#include <torch/types.h>

namespace cairn::vision {

/// A PNG file's bytes. Throws UsageError for another dtype or shape, or an empty image.
std::string encode_png(const torch::Tensor& image);
/// The pixels of an image file's bytes (PNG or JPEG; alpha is dropped); `where` names them in the InputError for bytes
/// that are no image. Sides are limited to 32,768 pixels, the whole to 2^28.
torch::Tensor decode_image(const std::string& bytes, const std::string& where);

torch::Tensor read_image(const std::filesystem::path& path);
/// Complete or absent: written to a temporary name and renamed.
void write_png(const std::filesystem::path& path, const torch::Tensor& image);

/// uint8 as it is; floating point and bool from 0..1, clamped, to 0..255.
torch::Tensor to_bytes(const torch::Tensor& image);

struct GridOptions {
  int64_t columns = 10;
  int64_t gap = 1;           ///< pixels between cells and around them
  int64_t background = 128;  ///< grey level of the gaps
};
/// N images [N, h, w] or [N, h, w, 3], of any type that to_bytes takes, row by row: one uint8 image. N may be 0: an
/// image of one pixel of background.
torch::Tensor grid(const torch::Tensor& images, const GridOptions& options = {});

/// Each pixel becomes a square of `factor` x `factor`.
torch::Tensor enlarge(const torch::Tensor& image, int64_t factor);

}  // namespace cairn::vision
