#include <ATen/Dispatch.h>

#include "cairn/ops/norm_kernels.h"
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
  torch::Tensor h, c;    ///< [B, R], [B, H] running; in the end of the first state
};

StepGradients make_gradients(const RecurrenceLoop& loop, const RecurrenceState& dlast) {
  const auto& w = loop.weights;
  const int64_t GH = loop.x.size(2), H = GH / gates_of(loop.cell);
  StepGradients d;
  d.x = loop.per_step(GH);
  d.a = loop.cell == Cell::gru ? loop.per_step(GH) : d.x;
  d.raw = w.norm.defined() ? loop.per_step(GH) : d.a;
  if (w.cell_gain.defined()) d.norm = loop.per_step(H);
  if (w.projection.defined()) d.hidden = loop.per_step(loop.first.h.size(1));
  const auto start = [](const torch::Tensor& last, const torch::Tensor& like) {
    return last.defined() ? last.contiguous().clone() : torch::zeros_like(like);
  };
  d.h = start(dlast.h, loop.first.h);
  if (loop.cell == Cell::lstm) d.c = start(dlast.c, loop.first.c);
  return d;
}

template <class T>
class BackwardLoop {
 public:
  BackwardLoop(const RecurrenceLoop& loop, const RecurrencePack& pack, const RecurrenceTape& tape,
               const torch::Tensor& dy, const StepGradients& d)
      : loop_(loop),
        pack_(pack),
        GH_(loop.x.size(2)),
        H_(GH_ / gates_of(loop.cell)),
        R_(tape.h.size(2)),
        h_(tape.h),
        c_(tape.c),
        gates_(tape.gates),
        hat_(tape.hat),
        scale_(tape.scale),
        keep_h_(loop.keep_h),
        keep_c_(loop.keep_c),
        dy_(dy),
        dx_(d.x),
        da_(d.a),
        draw_(d.raw),
        dnorm_(d.norm),
        dhidden_(d.hidden),
        dh_(pointer<T>(d.h)),
        dc_(pointer<T>(d.c)) {}

  void run(int64_t begin, int64_t end) const {
    std::vector<T> unit((end - begin) * H_);  // gradients of r o h, or of what is projected
    for (int64_t n = loop_.x.size(0) - 1; n >= 0; --n) {
      const int64_t t = loop_.step(n);
      const StepRows rows{t, begin, active_rows(loop_, t, begin, end)};
      add_outputs(rows);
      if (loop_.cell == Cell::gru_reset_before) {
        reset_before(rows, unit.data());
      } else if (dhidden_.data != nullptr) {
        for (int64_t k = 0; k < rows.count; ++k) std::copy_n(dh(begin + k), R_, dhidden_.at(t, begin + k));
        multiply(pack_.projection, dh(begin), R_, unit.data(), H_, rows.count, /*accumulate=*/false);
        cells(CellStep::lstm, rows, unit.data(), H_, nullptr);
        through_norm(rows);
        state_product(rows, /*accumulate=*/false);
      } else {
        cells(whole_step(loop_.cell), rows, dh(begin), R_, nullptr);
        through_norm(rows);
        state_product(rows, /*accumulate=*/true);
      }
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
    for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
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
                                          .h = h_.at(before, b),
                                          .c = c_.at(before, b),
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
    state_product(rows, /*accumulate=*/true);
  }

  void through_norm(const StepRows& rows) const {
    if (hat_.data == nullptr) return;
    const T* gain = pointer<T>(loop_.weights.norm);
    for (int64_t b = rows.begin; b < rows.begin + rows.count; ++b) {
      T* raw = draw_.at(rows.t, b);
      const T* da = da_.at(rows.t, b);
      for (int64_t j = 0; j < GH_; ++j) raw[j] = da[j] * gain[j];
      normalize_backward(raw, hat_.at(rows.t, b), *scale_.at(rows.t, b), GH_, raw);
    }
  }

  /// dh (+)= the product's gradient times W.
  void state_product(const StepRows& rows, bool accumulate) const {
    multiply(pack_.state, draw_.at(rows.t, rows.begin), GH_, dh(rows.begin), R_, rows.count, accumulate);
  }

  const RecurrenceLoop& loop_;
  const RecurrencePack& pack_;
  int64_t GH_, H_, R_;
  Grid<T> h_, c_, gates_, hat_, scale_, keep_h_, keep_c_, dy_;
  Grid<T> dx_, da_, draw_, dnorm_, dhidden_;
  T* dh_;
  T* dc_;
};

/// sum over steps and rows of left^T right.
torch::Tensor sum_of_products(const torch::Tensor& left, const torch::Tensor& right) {
  return torch::mm(left.reshape({-1, left.size(2)}).t(), right.reshape({-1, right.size(2)}));
}

torch::Tensor total(const torch::Tensor& t) {
  return t.sum(at::IntArrayRef{0, 1});
}

RecurrenceWeights weight_gradients(const RecurrenceLoop& loop, const RecurrenceTape& tape, const StepGradients& d) {
  const auto& w = loop.weights;
  const int64_t T = loop.x.size(0), H = loop.x.size(2) / gates_of(loop.cell);
  const int64_t from = loop.reverse ? 1 : 0;
  const auto h = tape.h.slice(0, from, from + T);
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
  if (loop.cell != Cell::lstm) return g;
  const auto c = tape.c.slice(0, from, from + T);
  if (!w.peepholes.defined() && !w.cell_gain.defined()) return g;
  const auto gates = tape.gates.split(H, 2), da = d.x.split(H, 2);
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
    const BackwardLoop<scalar_t> backward(loop, pack, tape, outputs, d);
    for_rows(loop.x.size(1), [&](int64_t begin, int64_t end) { backward.run(begin, end); });
  });
  return {d.x, weight_gradients(loop, tape, d), {d.h, d.c}};
}

}  // namespace cairn::ops
