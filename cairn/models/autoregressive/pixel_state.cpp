#include "cairn/models/autoregressive/pixel_state.h"

#include <algorithm>

#include "cairn/ops/cell_kernels.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

PixelState::PixelState(const PixelProgram& program, int64_t images) : program_(program), labels_(images, 0) {
  for (const PixelMap& map : program.maps()) {
    maps_.push_back(torch::zeros({map.above + 1, images, program.shape().columns + 2 * map.side, map.channels}));
    zeros_.resize(std::max<size_t>(zeros_.size(), map.channels));
  }
}

float* PixelState::at(int64_t map, int64_t row, int64_t image, int64_t column) const {
  const auto& t = maps_[map];
  const int64_t pixel = (row % t.size(0) * t.size(1) + image) * t.size(2) + program_.maps()[map].side + column;
  return t.data_ptr<float>() + pixel * t.size(3);
}

void PixelState::begin_row(int64_t row, int64_t image, int64_t image_end) {
  const PixelRegion region{row, 0, program_.shape().columns, 0, program_.shape().channels, image, image_end};
  for (const auto& layer : program_.layers()) {
    if (program_.maps()[layer.to].by_row) run(layer, region);
  }
}

void PixelState::compute(const PixelRegion& region) {
  for (const auto& layer : program_.layers()) {
    if (!program_.maps()[layer.to].by_row) run(layer, region);
  }
}

void PixelState::run(const PixelLayer& layer, const PixelRegion& region) {
  switch (layer.kind) {
    case PixelLayer::Kind::conv:
      start_with_bias(layer, region);
      return add_products(layer.kernel, layer.from, layer.to, region);
    case PixelLayer::Kind::lstm:
      return lstm(layer, region);
    default:
      return elementwise(layer, region);
  }
}

void PixelState::start_with_bias(const PixelLayer& layer, const PixelRegion& region) {
  const int64_t out = maps_[layer.to].size(3), block = out / program_.shape().channels;
  const int64_t offset = region.first * block, width = (region.last - region.first) * block;
  const float* bias = layer.bias.data_ptr<float>() + offset;
  for (int64_t n = region.image; n < region.image_end; ++n) {
    for (int64_t column = region.begin; column < region.end; ++column) {
      float* a = at(layer.to, region.row, n, column) + offset;
      std::copy_n(bias, width, a);
      if (layer.label.defined()) ops::add_row(a, layer.label.data_ptr<float>() + labels_[n] * out + offset, width);
    }
  }
}

/// Rows of the product are the pixels of one image, or one pixel of all images: whichever the region has more of.
void PixelState::add_products(const std::vector<KernelRow>& kernel_rows, int64_t from, int64_t to,
                              const PixelRegion& region) {
  const int64_t in = maps_[from].size(3), out = maps_[to].size(3), block = out / program_.shape().channels;
  const bool one_column = region.end - region.begin == 1;
  const int64_t products = one_column ? 1 : region.image_end - region.image;
  for (const KernelRow& kernel : kernel_rows) {
    if (region.row + kernel.row < 0) continue;  // above the image: zeros
    for (int64_t p = 0; p < products; ++p) {
      const int64_t image = region.image + p;
      const float* x = at(from, region.row + kernel.row, image, region.begin + kernel.first_column);
      float* y = at(to, region.row, image, region.begin);
      for (int64_t g = region.first; g < region.last; ++g) {
        kernel.groups[g].multiply({.x = x,
                                   .x_stride = one_column ? image_stride(from) : in,
                                   .y = y + g * block,
                                   .y_stride = one_column ? image_stride(to) : out,
                                   .count = one_column ? region.image_end - region.image : region.end - region.begin,
                                   .bias = nullptr,
                                   .accumulate = true});
      }
    }
  }
}

/// Pixel by pixel where one state needs that of the pixel beside it, in the direction in which it is handed on.
void PixelState::lstm(const PixelLayer& layer, const PixelRegion& region) {
  const bool from_right = layer.predecessor.column > 0;
  for (int64_t n = 0; n < region.end - region.begin; ++n) {
    PixelRegion pixel = region;
    pixel.begin = from_right ? region.end - 1 - n : region.begin + n;
    pixel.end = pixel.begin + 1;
    add_products(layer.kernel, layer.to, layer.other, pixel);
    lstm_cells(layer, pixel);
  }
}

/// The cells of one pixel.
void PixelState::lstm_cells(const PixelLayer& layer, const PixelRegion& pixel) {
  const int64_t H = maps_[layer.to].size(3) / program_.shape().channels, column = pixel.begin;
  const auto& [row, beside] = layer.predecessor;
  for (int64_t n = pixel.image; n < pixel.image_end; ++n) {
    float* h = at(layer.to, pixel.row, n, column);
    float* c = at(layer.cell, pixel.row, n, column);
    const float* x = at(layer.from, pixel.row, n, column);
    float* a = at(layer.other, pixel.row, n, column);
    const float* before = pixel.row + row < 0 ? zeros_.data() : at(layer.cell, pixel.row + row, n, column + beside);
    for (int64_t g = pixel.first; g < pixel.last; ++g) {
      ops::exact_lstm_forward({.H = H,
                               .x = x + 4 * g * H,
                               .a = a + 4 * g * H,
                               .c = before + g * H,
                               .gates = a + 4 * g * H,
                               .c_next = c + g * H,
                               .h_next = h + g * H});
    }
  }
}

void PixelState::elementwise(const PixelLayer& layer, const PixelRegion& region) {
  const int64_t groups = program_.shape().channels;
  const int64_t in = maps_[layer.from].size(3) / groups, out = maps_[layer.to].size(3) / groups;
  for (int64_t n = region.image; n < region.image_end; ++n) {
    for (int64_t column = region.begin; column < region.end; ++column) {
      for (int64_t g = region.first; g < region.last; ++g) {
        const float* a = at(layer.from, region.row, n, column) + g * in;
        float* y = at(layer.to, region.row, n, column) + g * out;
        switch (layer.kind) {
          case PixelLayer::Kind::relu:
            ops::relu(a, y, in);
            break;
          case PixelLayer::Kind::gate:
            ops::gate(a, y, out);
            break;
          default:
            std::copy_n(a, in, y);
            ops::add_row(y, at(layer.other, region.row, n, column) + g * in, in);
        }
      }
    }
  }
}

}  // namespace cairn::autoregressive
