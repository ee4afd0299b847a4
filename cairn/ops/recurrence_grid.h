// Plain memory of a tensor [steps, rows, values], as the recurrent loops walk it.
#pragma once

#include <algorithm>

#include <ATen/Parallel.h>
#include <torch/types.h>

#include "cairn/ops/cell_kernels.h"
#include "cairn/ops/recurrence_cpu.h"

namespace cairn::ops {

template <class T>
struct Grid {
  Grid() = default;
  /// Undefined tensors give null pointers.
  explicit Grid(const torch::Tensor& t) {
    if (!t.defined()) return;
    data = t.data_ptr<T>();
    step = t.stride(0);
    row = t.stride(1);
  }
  T* at(int64_t t, int64_t b) const { return data == nullptr ? nullptr : data + t * step + b * row; }

  T* data = nullptr;
  int64_t step = 0, row = 0;
};

template <class T>
T* pointer(const torch::Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}

/// body(begin, end) over the rows of a batch: a share for each thread, or all of them on this one if they are few.
template <class Body>
void for_rows(int64_t B, const Body& body) {
  const int64_t threads = at::get_num_threads();
  if (B < 4 * threads) return body(int64_t{0}, B);
  at::parallel_for(0, B, (B + threads - 1) / threads, body);
}

/// The rows of a thread's share that go on at step t.
struct StepRows {
  int64_t t, begin, count;
};

/// The equations of a cell that one product is enough for.
inline CellStep whole_step(Cell cell) {
  switch (cell) {
    case Cell::elman_tanh:
      return CellStep::elman_tanh;
    case Cell::elman_relu:
      return CellStep::elman_relu;
    case Cell::lstm:
      return CellStep::lstm;
    default:
      return CellStep::gru;
  }
}

/// How many of rows [begin, end) go on at step t: they come first.
inline int64_t active_rows(const RecurrenceLoop& loop, int64_t t, int64_t begin, int64_t end) {
  return std::clamp<int64_t>(loop.active[t] - begin, 0, end - begin);
}

}  // namespace cairn::ops
