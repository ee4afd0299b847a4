#include <ATen/Dispatch.h>

#include "cairn/ops/norm_kernels.h"
#include "cairn/ops/packed_linear.h"
#include "cairn/ops/recurrence_grid.h"

namespace cairn::ops {

namespace {

/// Gradients of every step, from which those of the weights come as one product after the loop.
struct StepGradients {
  torch::Tensor x;       ///< [T, B, G H] of the pre-activations
  torch::Tensor a;       ///< [T, B, G H] of the state's share; x itself where the two are the same
  torch::Tensor raw;     ///< [T, B, G H] of the product before it was normalised; a itself without a norm
  torch::Tensor norm;    ///< [T, B, H] of the normalised cell
  torch::Tensor hidden;  ///< [T, B, R] of the projected state
  torch::Tensor h, c;    ///< [B, R], [B, H] running; in the end of the first state. Of images a row for each place
};

StepGradients make_gradients(const RecurrenceLoop& loop, const RecurrenceState& dlast) {
  const auto& w = loop.weights;
  const int64_t GH = loop.width(), H = loop.H();
  StepGradients d;
  d.x = loop.per_step(GH);
  d.a = loop.cell == Cell::gru ? loop.per_step(GH) : d.x;
  d.raw = w.norm.defined() ? loop.per_step(GH) : d.a;
  if (w.cell_gain.defined()) d.norm = loop.per_step(H);
  if (w.projection.defined()) d.hidden = loop.per_step(loop.R());
  const int64_t rows = loop.lines ? loop.x.size(0) * loop.lines->places : loop.x.size(1);
  const auto start = [&](const torch::Tensor& last, int64_t width) {
    return last.defined() ? last.contiguous().clone() : torch::zeros({rows, width}, loop.x.options());
  };
  d.h = start(dlast.h, loop.R());
  if (loop.cell == Cell::lstm) d.c = start(dlast.c, H);
  return d;
}

template <class T>
class BackwardLoop {
 public:
  BackwardLoop(const RecurrenceLoop& loop, const RecurrencePack& pack, const RecurrenceTape& tape,
               const torch::Tensor& dy, const StepGradients& d, const GridMaker<T>& grid)
      : loop_(loop),
        pack_(pack),
        GH_(loop.width()),
        H_(loop.H()),
        R_(loop.R()),
        zeros_(H_, 0),
        h_(grid(tape.h)),
        c_(grid(tape.c)),
        gates_(grid(tape.gates)),
        hat_(grid(tape.hat)),
        scale_(grid(tape.scale)),
        keep_h_(grid(loop.keep_h)),
        keep_c_(grid(loop.keep_c)),
        dy_(grid(dy)),
        dx_(grid(d.x)),
        da_(grid(d.a)),
        draw_(grid(d.raw)),
        dnorm_(grid(d.norm)),
        dhidden_(grid(d.hidden)) {
    const int64_t first_row = loop.lines ? grid.image * loop.lines->places : 0;
    dh_ = pointer<T>(d.h) + first_row * R_;
    if (d.c.defined()) dc_ = pointer<T>(d.c) + first_row * H_;
  }

  void run(int64_t begin, int64_t end) const {
    std::vector<T> unit((end - begin) * H_);  // gradients of r o h, or of what is projected
    std::vector<T> window(loop_.lines ? (end - begin) * pack_.state.outputs() : 0);
    for (int64_t n = loop_.steps() - 1; n >= 0; --n) {
      const StepRows rows = active_rows(loop_, loop_.step(n), begin, end);
      add_outputs(rows);
      if (loop_.cell == Cell::gru_reset_before) {
        reset_before(rows, unit.data());
        state_product(rows, window.data());
        continue;
      }
      if (dhidden_.data != nullptr) {
        through_projection(rows, unit.data());
      } else {
        cells(whole_step(loop_.cell), rows, dh(rows.begin), R_, nullptr);
      }
      through_norm(rows);
      state_product(rows, window.data());
    }
  }

 private:
  T* dh(int64_t b) const { return dh_ + b * R_; }

  static void multiply(const PackedMatrix& m, const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t count,
                       bool accumulate) {
    m.multiply(PackedMatrix::Rows<T>{x, x_stride, y, y_stride, count, nullptr, accumulate});
  }

  void add_outputs(const StepRows& rows) const {
    if (dy_.data == nullptr) return;
    for (int64_t b = rows.begin; b < rows.end(); ++b) {
      const T* from = dy_.at(rows.t, b);
      for (int64_t j = 0; j < R_; ++j) dh(b)[j] += from[j];
    }
  }

  /// dh: [count, width] gradients of the cells' outputs, replaced by the elementwise part for the state before.
  void cells(CellStep step, const StepRows& rows, T* dh, int64_t width, const T* dreset) const {
    const auto& w = loop_.weights;
    const int64_t before = loop_.before(rows.t);
    for (int64_t k = 0; k < rows.count; ++k) {
      const int64_t b = rows.begin + k;
      cell_backward(step, CellBackward<T>{.H = H_,
                                          .h = loop_.lines ? nullptr : h_.at(before, b),
                                          .c = cell_before(loop_, c_, rows.t, b, zeros_.data()),
                                          .peepholes = pointer<T>(w.peepholes),
                                          .keep_h = keep_h_.at(rows.t, b),
                                          .keep_c = keep_c_.at(rows.t, b),
                                          .cell_gain = pointer<T>(w.cell_gain),
                                          .cell_bias = pointer<T>(w.cell_bias),
                                          .gates = gates_.at(rows.t, b),
                                          .dh = dh + k * width,
                                          .dh_before = dh + k * width,
                                          .dc = dc_ == nullptr ? nullptr : dc_ + b * H_,
                                          .dx = dx_.at(rows.t, b),
                                          .da = da_.at(rows.t, b),
                                          .dnorm = dnorm_.at(rows.t, b),
                                          .dreset = dreset == nullptr ? nullptr : dreset + k * H_});
    }
  }

  void reset_before(const StepRows& rows, T* dreset) const {
    cells(CellStep::gru_before_candidate, rows, dh(rows.begin), R_, nullptr);
    multiply(pack_.candidate, dx_.at(rows.t, rows.begin) + 2 * H_, GH_, dreset, H_, rows.count, /*accumulate=*/false);
    cells(CellStep::gru_before_gates, rows, dh(rows.begin), R_, dreset);
  }

  /// Leaves zeros in dh: a state that is projected has no elementwise part.
  void through_projection(const StepRows& rows, T* unit) const {
    for (int64_t b = rows.begin; b < rows.end(); ++b) std::copy_n(dh(b), R_, dhidden_.at(rows.t, b));
    multiply(pack_.projection, dh(rows.begin), R_, unit, H_, rows.count, /*accumulate=*/false);
    cells(CellStep::lstm, rows, unit, H_, nullptr);
    std::fill_n(dh(rows.begin), rows.count * R_, T{0});
  }

  void through_norm(const StepRows& rows) const {
    if (hat_.data == nullptr) return;
    const T* gain = pointer<T>(loop_.weights.norm);
    for (int64_t b = rows.begin; b < rows.end(); ++b) {
      T* raw = draw_.at(rows.t, b);
      const T* da = da_.at(rows.t, b);
      for (int64_t j = 0; j < GH_; ++j) raw[j] = da[j] * gain[j];
      normalize_backward(raw, hat_.at(rows.t, b), *scale_.at(rows.t, b), GH_, raw);
    }
  }

  /// dh += the product's gradient times W; of images each share of it at the neighbour that it belongs to.
  void state_product(const StepRows& rows, T* window) const {
    const T* gradient = draw_.at(rows.t, rows.begin);
    if (!loop_.lines) return multiply(pack_.state, gradient, GH_, dh(rows.begin), R_, rows.count, /*accumulate=*/true);
    multiply(pack_.state, gradient, draw_.row, window, pack_.state.outputs(), rows.count, /*accumulate=*/false);
    const T* from = window;
    for_neighbours(*loop_.lines, rows, [&](int64_t place) {
      if (place >= 0) {
        for (int64_t j = 0; j < R_; ++j) dh(place)[j] += from[j];
      }
      from += R_;
    });
  }

  const RecurrenceLoop& loop_;
  const RecurrencePack& pack_;
  int64_t GH_, H_, R_;
  std::vector<T> zeros_;
  Grid<T> h_, c_, gates_, hat_, scale_, keep_h_, keep_c_, dy_;
  Grid<T> dx_, da_, draw_, dnorm_, dhidden_;
  T* dh_ = nullptr;
  T* dc_ = nullptr;
};

/// sum over steps and rows of left^T right. Sums of very many rows, as images have, are LibTorch's: it reads a long
/// column faster than a packed product does.
torch::Tensor sum_of_products(const torch::Tensor& left, const torch::Tensor& right) {
  constexpr int64_t kTall = 4096;
  const auto a = left.flatten(0, -2).t(), b = right.flatten(0, -2);
  return a.is_cpu() && a.size(1) < kTall ? packed_product(a, b) : torch::mm(a, b);
}

torch::Tensor total(const torch::Tensor& t) {
  return t.flatten(0, -2).sum(0);
}

/// What W was multiplied with at each step.
torch::Tensor states_before(const RecurrenceLoop& loop, const RecurrenceTape& tape) {
  if (!loop.lines) return tape.h.narrow(0, loop.reverse ? 1 : 0, loop.steps());
  std::vector<torch::Tensor> states;
  for (const auto& offset : loop.lines->neighbours()) states.push_back(neighbour(tape.h, offset));
  return torch::cat(states, -1);
}

torch::Tensor cells_before(const RecurrenceLoop& loop, const RecurrenceTape& tape) {
  if (!loop.lines) return tape.c.narrow(0, loop.reverse ? 1 : 0, loop.steps());
  return neighbour(tape.c, loop.lines->predecessor());
}

RecurrenceWeights weight_gradients(const RecurrenceLoop& loop, const RecurrenceTape& tape, const StepGradients& d) {
  const auto& w = loop.weights;
  const int64_t H = loop.H();
  const auto h = states_before(loop, tape);
  RecurrenceWeights g;
  if (loop.cell == Cell::gru_reset_before) {
    const auto reset = tape.gates.slice(2, 0, H) * h;
    g.W = torch::cat({sum_of_products(d.x.slice(2, 0, 2 * H), h), sum_of_products(d.x.slice(2, 2 * H), reset)});
  } else {
    g.W = sum_of_products(d.raw, h);
  }
  if (w.b.defined()) g.b = total(d.a);
  if (w.norm.defined()) g.norm = total(d.a * tape.hat);
  if (w.projection.defined()) g.projection = sum_of_products(d.hidden, tape.hidden);
  if (!w.peepholes.defined() && !w.cell_gain.defined()) return g;
  const auto c = cells_before(loop, tape);
  const auto gates = tape.gates.split(H, -1), da = d.x.split(H, -1);
  const auto fresh = gates[1] * c + gates[0] * gates[2];
  if (w.peepholes.defined()) g.peepholes = torch::stack({total(da[0] * c), total(da[1] * c), total(da[3] * fresh)});
  if (w.cell_gain.defined()) {
    g.cell_gain = total(d.norm * torch::layer_norm(fresh, {H}, {}, {}, kNormEps));
    g.cell_bias = total(d.norm);
  }
  return g;
}

}  // namespace

RecurrenceGradients recurrence_cpu_backward(const RecurrenceLoop& loop, const RecurrenceTape& tape,
                                            const torch::Tensor& dy, const RecurrenceState& dlast) {
  const auto d = make_gradients(loop, dlast);
  const auto pack = RecurrencePack::back(loop.weights, loop.cell);
  const auto outputs = dy.defined() ? dy.contiguous() : dy;
  AT_DISPATCH_FLOATING_TYPES(loop.x.scalar_type(), "recurrence_backward", [&] {
    run_loops(loop, [&](int64_t image) {
      return BackwardLoop<scalar_t>(loop, pack, tape, outputs, d, GridMaker<scalar_t>{loop, image});
    });
  });
  return {d.x, weight_gradients(loop, tape, d), {d.h, d.c}};
}

}  // namespace cairn::ops
