// The fused loop of a recurrent layer on the processor.
//
// Rows of the batch never meet in the loop, so each thread takes some rows through all steps and nobody waits at a
// step; with few rows the threads share each product instead. Both give the same bits. Over images the rows of a step's
// product are the places of a line (image_lines.h), and a thread takes one image after the other.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "cairn/ops/image_lines.h"
#include "cairn/ops/packed_matrix.h"
#include "cairn/ops/recurrence.h"

namespace cairn::ops {

/// The loop's weights, packed for one direction of travel.
struct RecurrencePack {
  PackedMatrix state;      ///< W (back: its transpose); of gru_reset_before the rows of r and z
  PackedMatrix candidate;  ///< gru_reset_before: the rows of n
  PackedMatrix projection;

  static RecurrencePack forth(const RecurrenceWeights& weights, Cell cell);
  static RecurrencePack back(const RecurrenceWeights& weights, Cell cell);
};

/// What a loop works on: contiguous tensors of one type, rows in the order of falling length.
struct RecurrenceLoop {
  torch::Tensor x;  ///< [T, B, G H]; over images [B, rows, columns, G H]
  RecurrenceWeights weights;
  RecurrenceState first;
  Cell cell = Cell::lstm;
  bool reverse = false;
  std::vector<int64_t> active;           ///< [T] rows whose sequence goes on at step t; the others keep their state
  torch::Tensor keep_h, keep_c;          ///< innermost dimension contiguous
  std::optional<ImageLines> lines = {};  ///< over images, each from a state of zeros: no `first`

  int64_t width() const { return x.size(-1); }  ///< G H
  int64_t H() const { return width() / gates_of(cell); }
  int64_t R() const { return weights.projection.defined() ? weights.projection.size(0) : H(); }
  int64_t steps() const { return lines ? lines->steps : x.size(0); }
  /// Where on the tape the state before step t is. The tape of images begins with the first step's.
  int64_t before(int64_t t) const { return lines ? t - 1 : reverse ? t + 1 : t; }
  int64_t after(int64_t t) const { return lines || reverse ? t : t + 1; }
  int64_t step(int64_t n) const { return reverse ? x.size(0) - 1 - n : n; }  ///< the n-th step that is taken

  /// An uninitialised tensor of x's shape with `width` values, with zeros where some rows end early: sums over all
  /// steps pass over what lies behind their ends only if it is 0 on both sides of a product.
  torch::Tensor per_step(int64_t width) const {
    const auto options = x.options().requires_grad(false);
    auto sizes = x.sizes().vec();
    sizes.back() = width;
    const bool ragged = std::any_of(active.begin(), active.end(), [&](int64_t n) { return n < x.size(1); });
    return ragged ? torch::zeros(sizes, options) : torch::empty(sizes, options);
  }
};

/// What the way back needs; [T, B] stands for [B, rows, columns] of images.
struct RecurrenceTape {
  torch::Tensor h;       ///< [T + 1, B, R] states, the first one included; of images without one
  torch::Tensor c;       ///< [T + 1, B, H], the same
  torch::Tensor gates;   ///< [T, B, S H], see cell_kernels.h
  torch::Tensor hidden;  ///< [T, B, H] before the projection
  torch::Tensor hat;     ///< [T, B, G H] normalised product
  torch::Tensor scale;   ///< [T, B, 1] what normalised it
};

struct RecurrenceGradients {
  torch::Tensor x;
  RecurrenceWeights weights;
  RecurrenceState first;
};

/// `record`: keep what recurrence_cpu_backward needs; otherwise only h and c are whole.
RecurrenceTape recurrence_cpu_forward(const RecurrenceLoop& loop, const RecurrencePack& pack, bool record);

/// For the gradients of all states dy [T, B, R] and of the last ones; each may be undefined.
RecurrenceGradients recurrence_cpu_backward(const RecurrenceLoop& loop, const RecurrenceTape& tape,
                                            const torch::Tensor& dy, const RecurrenceState& dlast);

}  // namespace cairn::ops
