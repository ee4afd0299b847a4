// The features of some images while a PixelProgram runs over them: of each map, the rows that are still read.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/pixel_program.h"

namespace cairn::autoregressive {

/// Part of a row: columns [begin, end) of row `row`, colour channels [first, last), images [image, image_end).
struct PixelRegion {
  int64_t row;
  int64_t begin, end;
  int64_t first, last;
  int64_t image, image_end;
};

class PixelState {
 public:
  /// `program` must outlive this.
  PixelState(const PixelProgram& program, int64_t images);

  /// The input of a pixel.
  void set(int64_t image, int64_t row, int64_t column, int64_t channel, float value) {
    at(0, row, image, column)[channel] = value;
  }
  void set_label(int64_t image, int64_t label) { labels_[image] = label; }

  /// Computes what depends on the rows above `row` alone.
  void begin_row(int64_t row, int64_t image, int64_t image_end);
  /// Computes the rest in `region`, whose columns to the left and rows above must be done.
  void compute(const PixelRegion& region);

  /// The features of the last map at a pixel.
  const float* result(int64_t image, int64_t row, int64_t column) const {
    return at(static_cast<int64_t>(maps_.size()) - 1, row, image, column);
  }

 private:
  float* at(int64_t map, int64_t row, int64_t image, int64_t column) const;
  int64_t image_stride(int64_t map) const { return maps_[map].size(2) * maps_[map].size(3); }
  void run(const PixelLayer& layer, const PixelRegion& region);
  /// Adds what `kernel` makes of map `from` to map `to`.
  void add_products(const std::vector<KernelRow>& kernel, int64_t from, int64_t to, const PixelRegion& region);
  void lstm(const PixelLayer& layer, const PixelRegion& region);
  void lstm_cells(const PixelLayer& layer, const PixelRegion& region);
  void elementwise(const PixelLayer& layer, const PixelRegion& region);
  void start_with_bias(const PixelLayer& layer, const PixelRegion& region);

  const PixelProgram& program_;
  std::vector<torch::Tensor> maps_;  // [above + 1, N, side + columns + side, channels]; row r at r modulo above + 1
  std::vector<int64_t> labels_;      // [N]
  std::vector<float> zeros_;         // a state above the image
};

}  // namespace cairn::autoregressive
