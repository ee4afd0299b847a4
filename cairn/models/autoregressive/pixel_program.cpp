#include "cairn/models/autoregressive/pixel_program.h"

#include <algorithm>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

PixelProgram::PixelProgram(const ImageShape& shape) : shape_(shape) {
  new_map(shape.channels, /*by_row=*/false);
}

PixelProgram::Map PixelProgram::new_map(int64_t channels, bool by_row) {
  maps_.push_back({.channels = channels, .by_row = by_row});
  return static_cast<Map>(maps_.size()) - 1;
}

void PixelProgram::reads(Map x, int64_t above, int64_t side) {
  maps_[x].above = std::max(maps_[x].above, above);
  maps_[x].side = std::max(maps_[x].side, side);
}

namespace {

/// Row `k` of the weight's window without the columns at its ends that are zero for all outputs.
KernelRow kernel_row(const torch::Tensor& weight, const MaskedConvOptions& options, int64_t k) {
  const auto taps = weight.select(2, k).permute({0, 2, 1});  // [out, columns, in]
  const auto used = taps.ne(0).any(2).any(0).nonzero();      // [n, 1]
  KernelRow row{.row = options.window.first_row + k, .first_column = options.window.first_column, .groups = {}};
  if (used.size(0) == 0) return row;
  const int64_t first = used[0][0].item<int64_t>(), last = used[-1][0].item<int64_t>();
  row.first_column += first;
  const auto matrix = taps.slice(1, first, last + 1).reshape({options.out, -1});
  for (const auto& group : matrix.chunk(options.groups, 0)) row.groups.emplace_back(group);
  return row;
}

/// [4 h, taps * h] of a state-to-state convolution, from tap `first` on.
KernelRow state_row(const StateConvOptions& options, const torch::Tensor& weight, ops::PixelOffset at, int64_t first,
                    int64_t taps) {
  KernelRow row{.row = at.row, .first_column = at.column, .groups = {}};
  const auto matrix = weight.narrow(2, first, taps).transpose(1, 2).reshape({4 * options.features, -1});
  for (const auto& group : matrix.chunk(options.groups, 0)) row.groups.emplace_back(group);
  return row;
}

}  // namespace

PixelProgram::Map PixelProgram::lstm(Map a, const StateConv& state) {
  const auto& options = state->options();
  const auto weight = as_floats(state->weight());
  const bool along_rows = options.walk == ops::Walk::rows;
  const int64_t taps_above = along_rows ? options.width : 1, reach = options.width / 2;
  const ops::ImageLines lines(options.walk, shape_.rows, shape_.columns, options.width);
  const auto neighbours = lines.neighbours();

  const Map from_above = new_map(4 * options.features, /*by_row=*/true);
  const Map h = new_map(options.features, maps_[a].by_row);
  PixelLayer step{.kind = PixelLayer::Kind::lstm,
                  .from = a,
                  .other = from_above,
                  .to = h,
                  .cell = new_map(options.features, maps_[a].by_row),
                  .predecessor = lines.predecessor()};
  if (!along_rows) step.kernel.push_back(state_row(options, weight, neighbours[1], 1, 1));
  reads(h, 1, reach);
  reads(step.cell, 1, 1);
  layers_.push_back({.kind = PixelLayer::Kind::conv,
                     .from = h,
                     .other = h,
                     .to = from_above,
                     .kernel = {state_row(options, weight, neighbours[0], 0, taps_above)},
                     .bias = torch::zeros({4 * options.features})});
  layers_.push_back(std::move(step));
  return h;
}

PixelProgram::Map PixelProgram::conv(Map x, const MaskedConv& layer) {
  const auto& options = layer->options();
  const auto weight = as_floats(layer->masked_weight());
  PixelLayer step{.kind = PixelLayer::Kind::conv, .from = x, .other = x, .to = 0};
  for (int64_t k = 0; k < weight.size(2); ++k) {
    auto row = kernel_row(weight, options, k);
    if (!row.groups.empty()) step.kernel.push_back(std::move(row));
  }
  step.bias = as_floats(layer->bias());
  if (layer->label().defined()) step.label = as_floats(layer->label());

  reads(x, -options.window.first_row, -options.window.first_column);
  step.to = new_map(options.out, maps_[x].by_row || options.window.last_row < 0);
  layers_.push_back(std::move(step));
  return layers_.back().to;
}

PixelProgram::Map PixelProgram::elementwise(PixelLayer::Kind kind, Map a, Map b, int64_t channels) {
  const Map to = new_map(channels, maps_[a].by_row && maps_[b].by_row);
  layers_.push_back({.kind = kind, .from = a, .other = b, .to = to});
  return to;
}

}  // namespace cairn::autoregressive
