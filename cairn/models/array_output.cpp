#include "cairn/models/array_output.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/io/idx.h"
#include "cairn/io/npy.h"
#include "cairn/vision/image.h"

namespace cairn {

namespace {

void write_rows(const torch::Tensor& x, RowSink& rows) {
  const auto flat = x.flatten(1).contiguous();
  const int64_t D = x.size(0) > 0 ? flat.size(1) : 0;
  for (int64_t n = 0; n < x.size(0); ++n) {
    const uint8_t* values = flat.data_ptr<uint8_t>() + n * D;
    rows.row({{"x", std::vector<int>(values, values + D)}});
  }
}

}  // namespace

void write_examples(const torch::Tensor& x, const std::string& out, RowSink& rows) {
  if (out.ends_with(".npy")) {
    io::write_npy(out, x);
  } else if (out.ends_with(".idx") || out.ends_with(".gz")) {
    io::write_idx(out, x);
  } else if (out.ends_with(".png")) {
    const bool pictures = x.dim() == 3 || (x.dim() == 4 && x.size(3) == 3);
    if (!pictures) throw UsageError("--out", got_expected(cat("examples of shape ", x.sizes().slice(1)), "pictures"));
    vision::write_png(
        out, vision::grid(x.to(torch::kFloat32) / std::max<double>(x.numel() ? x.max().item<double>() : 0, 1)));
  } else {
    write_rows(x, rows);
  }
}

}  // namespace cairn
