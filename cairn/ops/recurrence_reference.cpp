#include "cairn/ops/recurrence_reference.h"

#include "cairn/ops/image_lines.h"
#include "cairn/ops/norm_kernels.h"

namespace cairn::ops {

namespace {

torch::Tensor normalized(const torch::Tensor& row, const torch::Tensor& gain, const torch::Tensor& bias) {
  return torch::layer_norm(row, {row.size(-1)}, gain, bias, kNormEps);
}

/// The state's share of the pre-activations: rows [begin, end) of W.
torch::Tensor share(const torch::Tensor& h, const RecurrenceWeights& w, int64_t begin, int64_t end) {
  auto a = torch::matmul(h, w.W.slice(0, begin, end).t());
  if (w.norm.defined()) a = normalized(a, w.norm, {});
  return w.b.defined() ? a + w.b.slice(0, begin, end) : a;
}

RecurrenceState lstm(const torch::Tensor& x, const RecurrenceWeights& w, const RecurrenceState& s) {
  const auto a = (x + share(s.h, w, 0, w.W.size(0))).chunk(4, 1);
  const auto peep = [&](int64_t gate, const torch::Tensor& c) {
    return w.peepholes.defined() ? w.peepholes[gate] * c : torch::zeros_like(c);
  };
  const auto i = torch::sigmoid(a[0] + peep(0, s.c)), f = torch::sigmoid(a[1] + peep(1, s.c)), g = torch::tanh(a[2]);
  const auto c = f * s.c + i * g;
  const auto o = torch::sigmoid(a[3] + peep(2, c));
  const auto h = o * torch::tanh(w.cell_gain.defined() ? normalized(c, w.cell_gain, w.cell_bias) : c);
  return {w.projection.defined() ? torch::matmul(h, w.projection.t()) : h, c};
}

torch::Tensor gru(const torch::Tensor& x, const RecurrenceWeights& w, const torch::Tensor& h) {
  const auto u = x.chunk(3, 1), a = share(h, w, 0, w.W.size(0)).chunk(3, 1);
  const auto r = torch::sigmoid(u[0] + a[0]), z = torch::sigmoid(u[1] + a[1]);
  return (1 - z) * torch::tanh(u[2] + r * a[2]) + z * h;
}

torch::Tensor gru_reset_before(const torch::Tensor& x, const RecurrenceWeights& w, const torch::Tensor& h) {
  const int64_t H = h.size(1);
  const auto u = x.chunk(3, 1), a = share(h, w, 0, 2 * H).chunk(2, 1);
  const auto r = torch::sigmoid(u[0] + a[0]), z = torch::sigmoid(u[1] + a[1]);
  return (1 - z) * torch::tanh(u[2] + share(r * h, w, 2 * H, 3 * H)) + z * h;
}

RecurrenceState step(const torch::Tensor& x, const RecurrenceWeights& w, const RecurrenceState& s, Cell cell) {
  switch (cell) {
    case Cell::lstm:
      return lstm(x, w, s);
    case Cell::gru:
      return {gru(x, w, s.h), {}};
    case Cell::gru_reset_before:
      return {gru_reset_before(x, w, s.h), {}};
    case Cell::elman_relu:
      return {torch::relu(x + share(s.h, w, 0, w.W.size(0))), {}};
    case Cell::elman_tanh:
      break;
  }
  return {torch::tanh(x + share(s.h, w, 0, w.W.size(0))), {}};
}

torch::Tensor zoned(const torch::Tensor& keep, int64_t t, const torch::Tensor& before, const torch::Tensor& after) {
  return keep.defined() ? keep[t] * before + (1 - keep[t]) * after : after;
}

}  // namespace

RecurrenceOutput recurrence_reference(const torch::Tensor& x, const RecurrenceWeights& weights,
                                      const RecurrenceState& first, const RecurrenceOptions& options) {
  const int64_t T = x.size(0), B = x.size(1);
  RecurrenceState state = first;
  std::vector<torch::Tensor> y(static_cast<size_t>(T));
  for (int64_t n = 0; n < T; ++n) {
    const int64_t t = options.reverse ? T - 1 - n : n;
    auto next = step(x[t], weights, state, options.cell);
    next.h = zoned(options.keep_h, t, state.h, next.h);
    if (next.c.defined()) next.c = zoned(options.keep_c, t, state.c, next.c);
    if (options.lengths.defined()) {
      const auto active = options.lengths.to(x.device()).gt(t).unsqueeze(1);
      y[t] = torch::where(active, next.h, torch::zeros_like(next.h));
      next.h = torch::where(active, next.h, state.h);
      if (next.c.defined()) next.c = torch::where(active, next.c, state.c);
    } else {
      y[t] = next.h;
    }
    state = next;
  }
  return {T == 0 ? torch::zeros({0, B, first.h.size(1)}, x.options()) : torch::stack(y), state};
}

torch::Tensor image_lstm_reference(const torch::Tensor& x, const RecurrenceWeights& weights, Walk walk) {
  const int64_t B = x.size(0), rows = x.size(2), columns = x.size(3), H = x.size(1) / 4;
  const int64_t R = weights.projection.defined() ? weights.projection.size(0) : H;
  const ImageLines lines(walk, rows, columns, weights.W.size(1) / R);
  std::vector<RecurrenceState> pixels(static_cast<size_t>(rows * columns));
  const RecurrenceState outside{torch::zeros({B, R}, x.options()), torch::zeros({B, H}, x.options())};
  const auto at = [&](int64_t row, int64_t column) -> RecurrenceState& { return pixels[row * columns + column]; };
  const auto before = [&](int64_t row, int64_t column, PixelOffset offset) {
    const int64_t r = row + offset.row, c = column + offset.column;
    return r < 0 || c < 0 || c >= columns ? outside : at(r, c);
  };
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t n = 0; n < columns; ++n) {
      const int64_t column = walk == Walk::mirrored_diagonals ? columns - 1 - n : n;
      std::vector<torch::Tensor> h;
      for (const auto& offset : lines.neighbours()) h.push_back(before(row, column, offset).h);
      const auto c = before(row, column, lines.predecessor()).c;
      at(row, column) = lstm(x.select(3, column).select(2, row), weights, {torch::cat(h, 1), c});
    }
  }
  std::vector<torch::Tensor> y;
  for (const auto& pixel : pixels) y.push_back(pixel.h);
  return torch::stack(y, 2).view({B, R, rows, columns});
}

}  // namespace cairn::ops
