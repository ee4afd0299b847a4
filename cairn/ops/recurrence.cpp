#include "cairn/ops/recurrence.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/base/error.h"
#include "cairn/ops/optional_input.h"
#include "cairn/ops/packed_recurrence.h"
#include "cairn/ops/recurrence_reference.h"

namespace cairn::ops {

int64_t gates_of(Cell cell) {
  switch (cell) {
    case Cell::lstm:
      return 4;
    case Cell::gru:
    case Cell::gru_reset_before:
      return 3;
    default:
      return 1;
  }
}

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

[[noreturn]] void refuse(const std::string& what) {
  throw UsageError("recurrence", what);
}

void expect(const char* name, const torch::Tensor& t, std::vector<int64_t> shape, const torch::Tensor& x) {
  if (!t.defined()) refuse(cat(name, ": ", got_expected("nothing", at::IntArrayRef(shape))));
  if (t.sizes() != at::IntArrayRef(shape)) refuse(cat(name, ": ", got_expected(t.sizes(), at::IntArrayRef(shape))));
  if (t.scalar_type() != x.scalar_type() || t.device() != x.device()) {
    refuse(
        cat(name, ": ", got_expected(cat(t.dtype(), " on ", t.device()), cat(x.dtype(), " on ", x.device(), " as x"))));
  }
}

void expect_if(const char* name, const torch::Tensor& t, std::vector<int64_t> shape, const torch::Tensor& x) {
  if (t.defined()) expect(name, t, std::move(shape), x);
}

void check_lengths(const torch::Tensor& lengths, int64_t T, int64_t B) {
  if (!lengths.defined()) return;
  if (lengths.sizes() != at::IntArrayRef({B}) || lengths.scalar_type() != torch::kInt64) {
    refuse(cat("lengths: ", got_expected(cat(lengths.dtype(), " ", lengths.sizes()), cat("Long [", B, "]"))));
  }
  const auto values = lengths.cpu().contiguous();
  for (int64_t b = 0; b < B; ++b) {
    const int64_t length = values.const_data_ptr<int64_t>()[b];
    if (length < 0 || length > T) refuse(cat("lengths: row ", b, ": ", got_expected(length, cat("0 .. ", T))));
  }
}

void check_parts(const RecurrenceWeights& w, const RecurrenceOptions& o) {
  const bool lstm = o.cell == Cell::lstm;
  if (!lstm && (w.peepholes.defined() || w.projection.defined())) {
    refuse(got_expected("peepholes or a projection", "them with an LSTM alone"));
  }
  if (w.norm.defined() && o.cell == Cell::gru_reset_before) {
    refuse(got_expected("a layer norm in a GRU that resets before", "it with one that resets after"));
  }
  const bool cell_norm = lstm && w.norm.defined();
  if (w.cell_gain.defined() != cell_norm || w.cell_bias.defined() != cell_norm) {
    refuse("cell_gain and cell_bias belong to an LSTM with `norm`: give all three or none");
  }
  if (o.keep_h.defined() && w.projection.defined())
    refuse(got_expected("zoneout of a projected state", "one of the two"));
}

void check_type(const torch::Tensor& x) {
  if (x.scalar_type() != torch::kFloat32 && x.scalar_type() != torch::kFloat64) {
    refuse(cat("x: ", got_expected(x.dtype(), "float or double")));
  }
}

int64_t state_size(const RecurrenceWeights& w, int64_t H) {
  return w.projection.defined() && w.projection.dim() == 2 ? w.projection.size(0) : H;
}

/// All weights but W.
void check_vectors(const RecurrenceWeights& w, int64_t G, int64_t H, const torch::Tensor& x) {
  expect_if("b", w.b, {G * H}, x);
  expect_if("peepholes", w.peepholes, {3, H}, x);
  expect_if("projection", w.projection, {state_size(w, H), H}, x);
  expect_if("norm", w.norm, {G * H}, x);
  expect_if("cell_gain", w.cell_gain, {H}, x);
  expect_if("cell_bias", w.cell_bias, {H}, x);
}

void check(const torch::Tensor& x, const RecurrenceWeights& w, const RecurrenceState& first,
           const RecurrenceOptions& o) {
  const int64_t G = gates_of(o.cell);
  if (x.dim() != 3 || x.size(2) == 0 || x.size(2) % G != 0) {
    refuse(cat("x: ", got_expected(x.sizes(), cat("[T, B, ", G, " H]"))));
  }
  check_type(x);
  const int64_t T = x.size(0), B = x.size(1), H = x.size(2) / G, R = state_size(w, H);
  expect("W", w.W, {G * H, R}, x);
  check_vectors(w, G, H, x);
  expect("first.h", first.h, {B, R}, x);
  if (o.cell == Cell::lstm) expect("first.c", first.c, {B, H}, x);
  expect_if("keep_h", o.keep_h, {T, B, R}, x);
  expect_if("keep_c", o.keep_c, {T, B, H}, x);
  check_lengths(o.lengths, T, B);
  check_parts(w, o);
}

/// Returns how many neighbours W has columns for.
int64_t check_image(const torch::Tensor& x, const RecurrenceWeights& w, Walk walk) {
  const int64_t G = gates_of(Cell::lstm);
  if (x.dim() != 4 || x.size(1) == 0 || x.size(1) % G != 0 || x.size(2) == 0 || x.size(3) == 0) {
    refuse(cat("x: ", got_expected(x.sizes(), cat("[B, ", G, " H, rows, columns]"))));
  }
  check_type(x);
  const int64_t H = x.size(1) / G, R = state_size(w, H);
  if (!w.W.defined() || w.W.dim() != 2) refuse("W: expected [4 H, k R]");
  const int64_t taps = w.W.size(1) / R;
  const bool fits = walk == Walk::rows ? taps % 2 == 1 : taps == 2;
  if (!fits || w.W.size(1) % R != 0) {
    const auto* expected = walk == Walk::rows ? "an odd multiple of R = " : "two times R = ";
    refuse(cat("W: ", got_expected(cat(w.W.size(1), " columns"), cat(expected, R))));
  }
  expect("W", w.W, {G * H, taps * R}, x);
  check_vectors(w, G, H, x);
  check_parts(w, {.cell = Cell::lstm});
  return taps;
}

/// The order of rows by falling length, and how many rows go on at each step.
struct RowOrder {
  RowOrder(const torch::Tensor& lengths, int64_t T, int64_t B) : active(static_cast<size_t>(T), B) {
    if (!lengths.defined()) return;
    rows = lengths.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
    inverse = rows.argsort();
    const auto values = lengths.contiguous();
    for (int64_t t = 0; t < T; ++t) active[t] = values.gt(t).sum().item<int64_t>();
  }
  torch::Tensor sorted(const torch::Tensor& t, int64_t dim) const {
    return t.defined() && rows.defined() ? t.index_select(dim, rows) : t;
  }
  torch::Tensor unsorted(const torch::Tensor& t, int64_t dim) const {
    return t.defined() && inverse.defined() ? t.index_select(dim, inverse) : t;
  }
  torch::Tensor rows, inverse;
  std::vector<int64_t> active;
};

torch::Tensor contiguous(const torch::Tensor& t) {
  return t.defined() ? t.detach().contiguous() : t;
}

/// Innermost values together; steps and rows may share memory.
torch::Tensor rows_together(const torch::Tensor& t) {
  return t.defined() && t.stride(2) != 1 ? t.contiguous() : t;
}

RecurrenceLoop make_loop(const torch::Tensor& x, const RecurrenceWeights& w, const RecurrenceState& first,
                         const RecurrenceOptions& o, std::vector<int64_t> active) {
  return {.x = contiguous(x),
          .weights = {contiguous(w.W), contiguous(w.b), contiguous(w.peepholes), contiguous(w.projection),
                      contiguous(w.norm), contiguous(w.cell_gain), contiguous(w.cell_bias)},
          .first = {contiguous(first.h), contiguous(first.c)},
          .cell = o.cell,
          .reverse = o.reverse,
          .active = std::move(active),
          .keep_h = rows_together(o.keep_h),
          .keep_c = rows_together(o.keep_c)};
}

/// The states after each step, zero behind a row's end, and after the last.
RecurrenceOutput output_of(const RecurrenceLoop& loop, const RecurrenceTape& tape) {
  if (loop.lines) return {tape.h, {}};
  const int64_t T = loop.x.size(0), B = loop.x.size(1), from = loop.reverse ? 0 : 1, end = loop.reverse ? 0 : T;
  RecurrenceOutput out{tape.h.slice(0, from, from + T),
                       {tape.h[end], tape.c.defined() ? tape.c[end] : torch::Tensor()}};
  const bool ragged = std::any_of(loop.active.begin(), loop.active.end(), [&](int64_t n) { return n < B; });
  if (!ragged) return out;
  out.y = out.y.clone();
  for (int64_t t = 0; t < T; ++t) out.y[t].slice(0, loop.active[t]).zero_();
  return out;
}

/// What a node carries besides its tensors.
struct Node {
  RecurrenceOptions options;
  std::vector<int64_t> active = {};
  std::optional<ImageLines> lines = {};
};

struct CpuRecurrence : torch::autograd::Function<CpuRecurrence> {
  static tensor_list forward(AutogradContext* ctx, const Node& node, const torch::Tensor& x, const torch::Tensor& W,
                             const torch::Tensor& b, const torch::Tensor& peepholes, const torch::Tensor& projection,
                             const torch::Tensor& norm, const torch::Tensor& cell_gain, const torch::Tensor& cell_bias,
                             const torch::Tensor& h, const torch::Tensor& c) {
    const auto given = without_placeholder;
    const RecurrenceWeights weights{W,           given(b),         given(peepholes), given(projection),
                                    given(norm), given(cell_gain), given(cell_bias)};
    auto loop = make_loop(x, weights, {given(h), given(c)}, node.options, node.active);
    loop.lines = node.lines;
    const auto tape = recurrence_cpu_forward(loop, RecurrencePack::forth(loop.weights, loop.cell), /*record=*/true);
    const auto& w = loop.weights;
    ctx->save_for_backward({w.W, w.b, w.peepholes, w.projection, w.norm, w.cell_gain, w.cell_bias, loop.first.h,
                            loop.first.c, loop.keep_h, loop.keep_c, tape.h, tape.c, tape.gates, tape.hidden, tape.hat,
                            tape.scale});
    ctx->saved_data["sizes"] = loop.x.sizes().vec();  // of x itself the way back needs nothing
    ctx->saved_data["cell"] = static_cast<int64_t>(loop.cell);
    ctx->saved_data["reverse"] = loop.reverse;
    ctx->saved_data["active"] = node.active;
    if (node.lines) {
      ctx->saved_data["walk"] = static_cast<int64_t>(node.lines->walk);
      ctx->saved_data["taps"] = node.lines->taps;
    }
    ctx->set_materialize_grads(false);
    const auto out = output_of(loop, tape);
    if (loop.lines) return {out.y};
    if (!out.last.c.defined()) return {out.y, out.last.h};
    return {out.y, out.last.h, out.last.c};
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto s = ctx->get_saved_variables();
    RecurrenceLoop loop{.x = torch::empty({}, s[0].options()).expand(ctx->saved_data["sizes"].toIntVector()),
                        .weights = {s[0], s[1], s[2], s[3], s[4], s[5], s[6]},
                        .first = {s[7], s[8]},
                        .cell = static_cast<Cell>(ctx->saved_data["cell"].toInt()),
                        .reverse = ctx->saved_data["reverse"].toBool(),
                        .active = ctx->saved_data["active"].toIntVector(),
                        .keep_h = s[9],
                        .keep_c = s[10]};
    const RecurrenceTape tape{s[11], s[12], s[13], s[14], s[15], s[16]};
    if (ctx->saved_data.count("walk") > 0) {
      const auto walk = static_cast<Walk>(ctx->saved_data["walk"].toInt());
      loop.lines.emplace(walk, loop.x.size(1), loop.x.size(2), ctx->saved_data["taps"].toInt());
    }
    const auto last = [&](size_t k) { return grads.size() > k ? grads[k] : torch::Tensor(); };
    const auto d = recurrence_cpu_backward(loop, tape, grads[0], {last(1), last(2)});
    const auto& w = d.weights;
    return {{}, d.x, w.W, w.b, w.peepholes, w.projection, w.norm, w.cell_gain, w.cell_bias, d.first.h, d.first.c};
  }
};

}  // namespace

RecurrenceOutput recurrence(const torch::Tensor& x, const RecurrenceWeights& weights, const RecurrenceState& first,
                            const RecurrenceOptions& options) {
  const auto type = weights.W.defined() ? weights.W.scalar_type() : x.scalar_type();
  const auto input = x.to(type);  // autocast makes products in a shorter type; the loop keeps the weights'
  check(input, weights, first, options);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  if (!input.is_cpu()) return recurrence_reference(input, weights, first, options);
  const RowOrder order(options.lengths, x.size(0), x.size(1));
  Node node{options, order.active};
  node.options.keep_h = order.sorted(options.keep_h, 1);
  node.options.keep_c = order.sorted(options.keep_c, 1);
  const auto& w = weights;
  const auto out = CpuRecurrence::apply(
      node, order.sorted(input, 1), w.W, or_placeholder(w.b), or_placeholder(w.peepholes), or_placeholder(w.projection),
      or_placeholder(w.norm), or_placeholder(w.cell_gain), or_placeholder(w.cell_bias), order.sorted(first.h, 0),
      or_placeholder(order.sorted(first.c, 0)));
  const auto c = out.size() > 2 ? out[2] : torch::Tensor();
  return {order.unsorted(out[0], 1), {order.unsorted(out[1], 0), order.unsorted(c, 0)}};
}

torch::Tensor image_lstm(const torch::Tensor& x, const RecurrenceWeights& w, Walk walk) {
  const auto input = x.to(w.W.defined() ? w.W.scalar_type() : x.scalar_type());
  const int64_t taps = check_image(input, w, walk);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  if (!input.is_cpu()) return image_lstm_reference(input, w, walk);
  const Node node{.options = {.cell = Cell::lstm}, .lines = ImageLines(walk, x.size(2), x.size(3), taps)};
  const auto none = torch::empty({0});
  const auto y = CpuRecurrence::apply(node, input.permute({0, 2, 3, 1}), w.W, or_placeholder(w.b),
                                      or_placeholder(w.peepholes), or_placeholder(w.projection), or_placeholder(w.norm),
                                      or_placeholder(w.cell_gain), or_placeholder(w.cell_bias), none, none);
  return y[0].permute({0, 3, 1, 2});
}

PackedRecurrence::PackedRecurrence(const RecurrenceWeights& weights, const RecurrenceOptions& options)
    : weights_(weights), options_{.cell = options.cell, .reverse = options.reverse} {
  for (auto* t : {&weights_.W, &weights_.b, &weights_.peepholes, &weights_.projection, &weights_.norm,
                  &weights_.cell_gain, &weights_.cell_bias}) {
    *t = contiguous(*t);
  }
  pack_ = RecurrencePack::forth(weights_, options_.cell);
}

RecurrenceOutput PackedRecurrence::run(const Input& input) const {
  const torch::NoGradGuard no_grad;
  RecurrenceOptions options = options_;
  options.lengths = input.lengths;
  options.keep_h = input.keep_h;
  options.keep_c = input.keep_c;
  check(input.x, weights_, input.first, options);
  const RowOrder order(options.lengths, input.x.size(0), input.x.size(1));
  options.keep_h = order.sorted(options.keep_h, 1);
  options.keep_c = order.sorted(options.keep_c, 1);
  const RecurrenceState first{order.sorted(input.first.h, 0), order.sorted(input.first.c, 0)};
  const auto loop = make_loop(order.sorted(input.x, 1), weights_, first, options, order.active);
  const auto out = output_of(loop, recurrence_cpu_forward(loop, pack_, /*record=*/false));
  return {order.unsorted(out.y, 1), {order.unsorted(out.last.h, 0), order.unsorted(out.last.c, 0)}};
}

}  // namespace cairn::ops
