// Plain memory of a tensor [steps, rows, values], as the recurrent loops walk it. Over images the rows are the places
// of one image's lines.
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
  /// One image of t [B, rows, columns, values], line by line.
  Grid(const torch::Tensor& t, const ImageLines& lines, int64_t image) {
    if (!t.defined()) return;
    const int64_t values = t.size(3);
    data = t.data_ptr<T>() + (image * lines.rows * lines.columns + lines.origin) * values;
    step = lines.step * values;
    row = lines.place * values;
  }
  T* at(int64_t t, int64_t b) const { return data == nullptr ? nullptr : data + t * step + b * row; }

  T* data = nullptr;
  int64_t step = 0, row = 0;
};

/// Makes the grids of a loop: of all sequences, or of one image.
template <class T>
struct GridMaker {
  const RecurrenceLoop& loop;
  int64_t image;
  Grid<T> operator()(const torch::Tensor& t) const { return loop.lines ? Grid<T>(t, *loop.lines, image) : Grid<T>(t); }
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
  int64_t end() const { return begin + count; }
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

/// Those of rows [begin, end) that go on at step t: sequences that do come first. Of an image, its places on line t.
inline StepRows active_rows(const RecurrenceLoop& loop, int64_t t, int64_t begin, int64_t end) {
  if (loop.lines) return {t, loop.lines->begin(t), loop.lines->end(t) - loop.lines->begin(t)};
  return {t, begin, std::clamp<int64_t>(loop.active[t] - begin, 0, end - begin)};
}

/// body(place) for each row's neighbours on the line before, in the order of the taps; place -1 where there is none.
template <class Body>
void for_neighbours(const ImageLines& lines, const StepRows& rows, const Body& body) {
  for (int64_t b = rows.begin; b < rows.end(); ++b) {
    for (int64_t tap = 0; tap < lines.taps; ++tap) {
      const int64_t place = b + lines.first_tap + tap;
      body(lines.has(rows.t - 1, place) ? place : -1);
    }
  }
}

/// The cell that row b goes on from at step t; before an image's border zeros.
template <class T>
const T* cell_before(const RecurrenceLoop& loop, const Grid<T>& c, int64_t t, int64_t b, const T* zeros) {
  return !loop.lines || loop.lines->has(t - 1, b) ? c.at(loop.before(t), b) : zeros;
}

/// Runs make_loop(image) through all steps for each share of the sequences, or for each image.
template <class MakeLoop>
void run_loops(const RecurrenceLoop& loop, const MakeLoop& make_loop) {
  if (loop.lines) {
    at::parallel_for(0, loop.x.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t image = begin; image < end; ++image) make_loop(image).run(0, loop.lines->places);
    });
    return;
  }
  const auto all = make_loop(0);
  for_rows(loop.x.size(1), [&](int64_t begin, int64_t end) { all.run(begin, end); });
}

}  // namespace cairn::ops
