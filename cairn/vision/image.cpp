// Images as tensors; PNG and JPEG by OpenCV.
#include "cairn/vision/image.h"

#include <torch/types.h>
#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

namespace cairn::vision {
namespace {

constexpr int64_t longest_side = 32'768;
constexpr int64_t most_pixels = int64_t{1} << 28;
constexpr uint64_t most_bytes = uint64_t{1} << 30;

void check_image(const torch::Tensor& image) {
  const bool grey = image.dim() == 2;
  const bool colour = image.dim() == 3 && image.size(2) == 3;
  if (!(grey || colour) || image.dtype() != torch::kUInt8 || image.numel() == 0) {
    throw UsageError("image",
                     got_expected(cat(image.dtype(), " ", image.sizes()), "uint8 [H, W] or [H, W, 3], not empty"));
  }
}

/// A view of `image`'s pixels: it must outlive the result and be contiguous.
cv::Mat view_of(const torch::Tensor& image) {
  return {static_cast<int>(image.size(0)), static_cast<int>(image.size(1)), image.dim() == 2 ? CV_8UC1 : CV_8UC3,
          image.data_ptr<uint8_t>()};
}

torch::Tensor tensor_of(const cv::Mat& pixels) {
  torch::Tensor image = pixels.channels() == 1 ? torch::empty({pixels.rows, pixels.cols}, torch::kUInt8)
                                               : torch::empty({pixels.rows, pixels.cols, 3}, torch::kUInt8);
  pixels.copyTo(view_of(image));
  return image;
}

uint32_t big_endian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

/// A PNG says its size in its first 24 bytes: refuse an enormous one before anything is allocated for it.
void check_png_size(const std::string& bytes, const std::string& where) {
  if (bytes.size() < 24 || bytes.compare(1, 3, "PNG") != 0) return;
  const int64_t width = big_endian(bytes, 16);
  const int64_t height = big_endian(bytes, 20);
  if (width > longest_side || height > longest_side || width * height > most_pixels) {
    throw InputError(where,
                     cat("an image of ", width, " x ", height, " pixels, expected at most ", most_pixels, " of them"));
  }
}

}  // namespace

std::string encode_png(const torch::Tensor& image) {
  check_image(image);
  const torch::Tensor pixels = image.contiguous();
  cv::Mat ordered;  // as OpenCV has its colours: blue first; `image` itself stays as it is
  if (image.dim() == 3) {
    cv::cvtColor(view_of(pixels), ordered, cv::COLOR_RGB2BGR);
  } else {
    ordered = view_of(pixels);
  }
  std::vector<uchar> bytes;
  cv::imencode(".png", ordered, bytes);
  return {bytes.begin(), bytes.end()};
}

torch::Tensor decode_image(const std::string& bytes, const std::string& where) {
  check_png_size(bytes, where);
  cv::Mat pixels;
  if (!bytes.empty()) {
    const cv::Mat packed(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
    try {
      pixels = cv::imdecode(packed, cv::IMREAD_UNCHANGED);
    } catch (const cv::Exception& error) {
      throw InputError(where, cat("not an image that can be read: ", error.err));
    }
  }
  if (pixels.empty()) throw InputError(where, "not an image that can be read (PNG or JPEG)");
  if (pixels.depth() != CV_8U) throw InputError(where, "got more than 8 bits a channel, expected 8");
  if (pixels.channels() == 4)
    cv::cvtColor(pixels, pixels, cv::COLOR_BGRA2RGB);
  else if (pixels.channels() == 3)
    cv::cvtColor(pixels, pixels, cv::COLOR_BGR2RGB);
  return tensor_of(pixels);
}

torch::Tensor read_image(const std::filesystem::path& path) {
  return decode_image(io::read_file(path, most_bytes), path.string());
}

void write_png(const std::filesystem::path& path, const torch::Tensor& image) {
  io::write_file(path, encode_png(image));
}

torch::Tensor to_bytes(const torch::Tensor& image) {
  if (image.dtype() == torch::kUInt8) return image;
  if (!image.is_floating_point() && image.dtype() != torch::kBool) {
    throw UsageError("image", got_expected(image.dtype(), "uint8, bool or a floating-point type"));
  }
  return image.to(torch::kFloat).clamp(0, 1).mul(255).round().to(torch::kUInt8);
}

torch::Tensor grid(const torch::Tensor& images, const GridOptions& options) {
  if (images.dim() != 3 && !(images.dim() == 4 && images.size(3) == 3)) {
    throw UsageError("grid", got_expected(cat(images.sizes()), "[N, h, w] or [N, h, w, 3]"));
  }
  if (options.columns < 1 || options.gap < 0)
    throw UsageError("grid", "expected at least one column and no negative gap");
  const torch::Tensor cells = to_bytes(images.detach().cpu());
  const int64_t count = cells.size(0), h = cells.size(1), w = cells.size(2), gap = options.gap;
  const int64_t columns = std::max<int64_t>(1, std::min(options.columns, count));
  const int64_t rows = (count + columns - 1) / columns;
  std::vector<int64_t> shape{std::max<int64_t>(1, rows * (h + gap) + gap),
                             std::max<int64_t>(1, columns * (w + gap) + gap)};
  if (count == 0) shape = {1, 1};
  if (images.dim() == 4) shape.push_back(3);
  torch::Tensor sheet = torch::full(shape, options.background, torch::kUInt8);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t y = gap + i / columns * (h + gap);
    const int64_t x = gap + i % columns * (w + gap);
    sheet.narrow(0, y, h).narrow(1, x, w).copy_(cells[i]);
  }
  return sheet;
}

torch::Tensor enlarge(const torch::Tensor& image, int64_t factor) {
  if (factor < 1) throw UsageError("enlarge", got_expected(factor, "a factor of at least 1"));
  return image.repeat_interleave(factor, 0).repeat_interleave(factor, 1);
}

}  // namespace cairn::vision
