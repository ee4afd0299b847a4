// The fused loop of a recurrent layer on the processor.
//
// Rows of the batch never meet in the loop, so each thread takes some rows through all steps and nobody waits at a
// step; with few rows the threads share each product instead. Both give the same bits.
#pragma once

#include <algorithm>
#include <vector>

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
  torch::Tensor x;  ///< [T, B, G H]
  RecurrenceWeights weights;
  RecurrenceState first;
  Cell cell = Cell::lstm;
  bool reverse = false;
  std::vector<int64_t> active;   ///< [T] rows whose sequence goes on at step t; the others keep their state
  torch::Tensor keep_h, keep_c;  ///< innermost dimension contiguous

  int64_t before(int64_t t) const { return reverse ? t + 1 : t; }  ///< where on the tape the state before step t is
  int64_t after(int64_t t) const { return reverse ? t : t + 1; }
  int64_t step(int64_t n) const { return reverse ? x.size(0) - 1 - n : n; }  ///< the n-th step that is taken

  /// An uninitialised [T, B, width], with zeros where some rows end early: sums over all steps pass over what lies
  /// behind their ends only if it is 0 on both sides of a product.
  torch::Tensor per_step(int64_t width) const {
    const auto options = x.options().requires_grad(false);
    const int64_t T = x.size(0), B = x.size(1);
    const bool ragged = std::any_of(active.begin(), active.end(), [&](int64_t n) { return n < B; });
    return ragged ? torch::zeros({T, B, width}, options) : torch::empty({T, B, width}, options);
  }
};

/// What the way back needs.
struct RecurrenceTape {
  torch::Tensor h;       ///< [T + 1, B, R] states, the first one included
  torch::Tensor c;       ///< [T + 1, B, H]
  torch::Tensor gates;   ///< [T, B, S H], see cell_kernels.h
  torch::Tensor hidden;  ///< [T, B, H] before the projection
  torch::Tensor hat;     ///< [T, B, G H] normalised product
  torch::Tensor scale;   ///< [T, B] what normalised it
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
