#include <ATen/Dispatch.h>

#include "cairn/ops/norm_kernels.h"
#include "cairn/ops/recurrence_grid.h"

namespace cairn::ops {

RecurrencePack RecurrencePack::forth(const RecurrenceWeights& w, Cell cell) {
  RecurrencePack pack;
  const int64_t gates = w.W.size(0) / 3 * 2;
  const bool split = cell == Cell::gru_reset_before;
  pack.state = PackedMatrix(split ? w.W.slice(0, 0, gates) : w.W);
  if (split) pack.candidate = PackedMatrix(w.W.slice(0, gates));
  if (w.projection.defined()) pack.projection = PackedMatrix(w.projection);
  return pack;
}

RecurrencePack RecurrencePack::back(const RecurrenceWeights& w, Cell cell) {
  RecurrencePack pack;
  const int64_t gates = w.W.size(0) / 3 * 2;
  const bool split = cell == Cell::gru_reset_before;
  pack.state = PackedMatrix((split ? w.W.slice(0, 0, gates) : w.W).t());
  if (split) pack.candidate = PackedMatrix(w.W.slice(0, gates).t());
  if (w.projection.defined()) pack.projection = PackedMatrix(w.projection.t());
  return pack;
}

namespace {

int64_t saved_slots(Cell cell) {
  return cell == Cell::lstm || cell == Cell::gru ? 4 : gates_of(cell);
}

RecurrenceTape make_tape(const RecurrenceLoop& loop, bool record) {
  const auto& w = loop.weights;
  const int64_t T = loop.x.size(0), B = loop.x.size(1), GH = loop.width(), H = loop.H();
  const auto options = loop.x.options().requires_grad(false);
  const auto per_step = [&](int64_t width) {
    return record ? loop.per_step(width) : torch::empty({1, B, width}, options).expand({T, B, width});
  };
  const auto states = [&](const torch::Tensor& first, int64_t width) {
    if (loop.lines) return loop.per_step(width);
    const auto all = torch::empty({T + 1, B, width}, options);
    all[loop.before(loop.step(0))].copy_(first);
    return all;
  };
  RecurrenceTape tape;
  tape.h = states(loop.first.h, loop.R());
  if (loop.cell == Cell::lstm) tape.c = states(loop.first.c, H);
  tape.gates = per_step(saved_slots(loop.cell) * H);
  if (w.projection.defined()) tape.hidden = per_step(H);
  if (w.norm.defined()) {
    tape.hat = per_step(GH);
    tape.scale = per_step(1);
  }
  return tape;
}

template <class T>
class ForwardLoop {
 public:
  ForwardLoop(const RecurrenceLoop& loop, const RecurrencePack& pack, const RecurrenceTape& tape,
              const GridMaker<T>& grid)
      : loop_(loop),
        pack_(pack),
        GH_(loop.width()),
        H_(loop.H()),
        R_(loop.R()),
        zeros_(H_, 0),
        x_(grid(loop.x)),
        h_(grid(tape.h)),
        c_(grid(tape.c)),
        gates_(grid(tape.gates)),
        hidden_(grid(tape.hidden)),
        hat_(grid(tape.hat)),
        scale_(grid(tape.scale)),
        keep_h_(grid(loop.keep_h)),
        keep_c_(grid(loop.keep_c)) {}

  void run(int64_t begin, int64_t end) const {
    std::vector<T> a((end - begin) * GH_), reset(split() ? (end - begin) * H_ : 0);
    std::vector<T> window(loop_.lines ? (end - begin) * pack_.state.inputs() : 0);
    for (int64_t n = 0; n < loop_.steps(); ++n) {
      const int64_t t = loop_.step(n);
      const StepRows rows = active_rows(loop_, t, begin, end);
      const int64_t count = rows.count;
      product(rows, state_before(rows, window.data()), a.data());
      if (split()) {
        cells(CellStep::gru_before_gates, rows, a.data(), reset.data());
        multiply(pack_.candidate, reset.data(), H_, a.data() + 2 * H_, GH_, count, bias(2 * H_));
        cells(CellStep::gru_before_candidate, rows, a.data(), reset.data());
      } else {
        cells(whole_step(loop_.cell), rows, a.data(), nullptr);
      }
      if (hidden_.data != nullptr) project(rows);
      if (!loop_.lines) keep_ended(t, rows.end(), end);
    }
  }

 private:
  bool split() const { return loop_.cell == Cell::gru_reset_before; }
  const T* bias(int64_t offset) const {
    const T* b = pointer<T>(loop_.weights.b);
    return b == nullptr ? nullptr : b + offset;
  }
  static void multiply(const PackedMatrix& m, const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t count,
                       const T* bias) {
    m.multiply(PackedMatrix::Rows<T>{x, x_stride, y, y_stride, count, bias, /*accumulate=*/false});
  }

  /// What W multiplies: [count, R] states before, of images [count, k R] those of the neighbours, put into `window`.
  const T* state_before(const StepRows& rows, T* window) const {
    if (!loop_.lines) return h_.at(loop_.before(rows.t), rows.begin);
    T* to = window;
    for_neighbours(*loop_.lines, rows, [&](int64_t place) {
      if (place >= 0) {
        std::copy_n(h_.at(rows.t - 1, place), R_, to);
      } else {
        std::fill_n(to, R_, T{0});
      }
      to += R_;
    });
    return window;
  }

  /// a = W h + b, the product normalised if that is wanted.
  void product(const StepRows& rows, const T* h, T* a) const {
    const bool norm = loop_.weights.norm.defined();
    multiply(pack_.state, h, pack_.state.inputs(), a, GH_, rows.count, norm ? nullptr : bias(0));
    if (!norm) return;
    const T* gain = pointer<T>(loop_.weights.norm);
    const T* b = bias(0);
    for (int64_t k = 0; k < rows.count; ++k) {
      T* hat = hat_.at(rows.t, rows.begin + k);
      T* row = a + k * GH_;
      *scale_.at(rows.t, rows.begin + k) = normalize(row, GH_, hat);
      for (int64_t j = 0; j < GH_; ++j) row[j] = gain[j] * hat[j] + (b == nullptr ? 0 : b[j]);
    }
  }

  void cells(CellStep step, const StepRows& rows, const T* a, T* reset) const {
    const auto& w = loop_.weights;
    const int64_t before = loop_.before(rows.t), after = loop_.after(rows.t);
    for (int64_t k = 0; k < rows.count; ++k) {
      const int64_t b = rows.begin + k;
      cell_forward(step, CellForward<T>{.H = H_,
                                        .x = x_.at(rows.t, b),
                                        .a = a + k * GH_,
                                        .h = loop_.lines ? nullptr : h_.at(before, b),
                                        .c = cell_before(loop_, c_, rows.t, b, zeros_.data()),
                                        .peepholes = pointer<T>(w.peepholes),
                                        .keep_h = keep_h_.at(rows.t, b),
                                        .keep_c = keep_c_.at(rows.t, b),
                                        .cell_gain = pointer<T>(w.cell_gain),
                                        .cell_bias = pointer<T>(w.cell_bias),
                                        .gates = gates_.at(rows.t, b),
                                        .c_next = c_.at(after, b),
                                        .h_next = hidden_.data ? hidden_.at(rows.t, b) : h_.at(after, b),
                                        .reset = reset == nullptr ? nullptr : reset + k * H_});
    }
  }

  /// The rows of a step may lie apart in memory: of an image one by one along a diagonal.
  void project(const StepRows& rows) const {
    multiply(pack_.projection, hidden_.at(rows.t, rows.begin), hidden_.row, h_.at(loop_.after(rows.t), rows.begin),
             h_.row, rows.count, nullptr);
  }

  /// Rows [begin, end), whose sequence has ended or not yet begun.
  void keep_ended(int64_t t, int64_t begin, int64_t end) const {
    for (int64_t b = begin; b < end; ++b) {
      std::copy_n(h_.at(loop_.before(t), b), R_, h_.at(loop_.after(t), b));
      if (c_.data != nullptr) std::copy_n(c_.at(loop_.before(t), b), H_, c_.at(loop_.after(t), b));
    }
  }

  const RecurrenceLoop& loop_;
  const RecurrencePack& pack_;
  int64_t GH_, H_, R_;
  std::vector<T> zeros_;
  Grid<T> x_, h_, c_, gates_, hidden_;
  Grid<T> hat_, scale_, keep_h_, keep_c_;
};

}  // namespace

RecurrenceTape recurrence_cpu_forward(const RecurrenceLoop& loop, const RecurrencePack& pack, bool record) {
  const auto tape = make_tape(loop, record);
  AT_DISPATCH_FLOATING_TYPES(loop.x.scalar_type(), "recurrence_forward", [&] {
    run_loops(loop,
              [&](int64_t image) { return ForwardLoop<scalar_t>(loop, pack, tape, GridMaker<scalar_t>{loop, image}); });
  });
  return tape;
}

}  // namespace cairn::ops
