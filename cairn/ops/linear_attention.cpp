#include "cairn/ops/linear_attention.h"

#include <ATen/autocast_mode.h>

#include "cairn/base/error.h"
#include "cairn/ops/linear_attention_causal.h"
#include "cairn/ops/linear_attention_checks.h"
#include "cairn/ops/linear_attention_efficient.h"
#include "cairn/ops/linear_attention_reference.h"

namespace cairn::ops {

namespace {

torch::ScalarType computed_in(const torch::Tensor& t) {
  return t.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
}

/// Where each sequence of the call begins and ends; the whole length B times where nothing is packed.
struct Sequences {
  Sequences(const torch::Tensor& t, const std::vector<int64_t>& offsets)
      : packed(!offsets.empty()), count(packed ? static_cast<int64_t>(offsets.size()) - 1 : t.size(0)) {
    for (int64_t s = 0; s < count; ++s) {
      begin.push_back(packed ? offsets[s] : 0);
      length.push_back(packed ? offsets[s + 1] - offsets[s] : t.size(2));
    }
  }
  /// Of rows [B H T, d], sequence by sequence and head by head.
  std::vector<Segment> segments(int64_t H, int64_t T) const {
    std::vector<Segment> all;
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t h = 0; h < H; ++h) all.push_back({((packed ? 0 : s) * H + h) * T + begin[s], length[s]});
    }
    return all;
  }
  bool packed;
  int64_t count;
  std::vector<int64_t> begin, length;
};

LinearAttentionState empty_state(const torch::Tensor& q, const torch::Tensor& v, const LinearAttentionOptions& o,
                                 int64_t sequences) {
  const int64_t D = features_of(o.similarity, q.size(-1), o.projection), columns = columns_of_state(o, v.size(-1));
  const auto S =
      torch::zeros({sequences, q.size(1), D, columns}, q.options().dtype(computed_in(q)).requires_grad(false));
  if (keeps_log_sums(o)) S.select(3, columns - 1).fill_(kLogOfNothing);
  return {.S = S,
          .seen = std::vector<int64_t>(sequences, 0),
          .similarity = o.similarity,
          .rule = o.rule,
          .normalised = o.normalise};
}

/// Positions [B, 1, T] of tokens after those already seen; undefined where nothing asks for them.
torch::Tensor positions(const torch::Tensor& t, const Sequences& sequences, const std::vector<int64_t>& seen,
                        const LinearAttentionOptions& o) {
  if (o.similarity != Similarity::cosformer) return {};
  std::vector<torch::Tensor> parts;
  for (int64_t s = 0; s < sequences.count; ++s) {
    const int64_t end = seen[s] + sequences.length[s];
    if (end > o.longest) {
      throw UsageError("linear_attention",
                       cat("longest: ", got_expected(o.longest, cat("at least ", end, ": the positions"))));
    }
    parts.push_back(torch::arange(seen[s], end));
  }
  const auto all = parts.empty()      ? torch::zeros({0, t.size(2)}, torch::kInt64)
                   : sequences.packed ? torch::cat(parts)
                                      : torch::stack(parts);
  return all.reshape({t.size(0), 1, t.size(2)}).to(t.device());
}

/// Features and values in the type that is computed with.
struct Prepared {
  torch::Tensor q, k;  // [B, H, T, D]
  torch::Tensor v;     // [B, H, Tk, dv]
};

Prepared prepare(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                 const LinearAttentionOptions& o, const LinearAttentionState& state) {
  const auto type = computed_in(q);
  const Sequences of_q(q, o.offsets), of_k(k, o.key_offsets.empty() ? o.offsets : o.key_offsets);
  const std::vector<int64_t> none(of_q.count, 0);
  const auto mask = o.key_mask.defined() ? o.key_mask.unsqueeze(1) : o.key_mask;
  FeatureOptions f{.similarity = o.similarity, .role = Role::query, .projection = o.projection, .longest = o.longest};
  f.positions = positions(q, of_q, o.direction == Direction::causal ? state.seen : none, o);
  Prepared p;
  p.q = features(q.to(type), f);
  f.role = Role::key;
  f.positions = positions(k, of_k, state.seen, o);
  f.mask = mask;
  p.k = keeps_log_sums(o) ? log_weights(k.to(type), mask) : features(k.to(type), f);
  p.v = v.to(type);
  if (mask.defined()) p.v = p.v.masked_fill(mask.logical_not().unsqueeze(-1), 0);  // a masked NaN is masked
  if (o.rule == StateRule::delta) check_delta_keys(p.k, o.beta);
  return p;
}

CausalInput rows_of(const Prepared& p, const LinearAttentionOptions& o, const torch::Tensor& S) {
  const auto type = p.q.scalar_type();
  const auto rows = [](const torch::Tensor& t) { return t.reshape({-1, t.size(3)}); };
  CausalInput in{.q = rows(p.q), .k = rows(p.k), .v = rows(p.v)};
  if (o.log_decay.defined()) {
    const auto log = o.log_decay.to(type);
    if (log.dim() == 1) {
      in.log_decay = log.unsqueeze(0).unsqueeze(2).expand(p.k.sizes().slice(0, 3)).reshape({-1});
    } else {
      in.log_decay = log.dim() == 3 ? log.reshape({-1}) : rows(log);
    }
  }
  if (o.beta.defined()) in.beta = o.beta.to(type).reshape({-1});
  in.first = S.reshape({-1, S.size(2), S.size(3)});
  in.normalise = has_column(o);
  in.least = o.least;
  return in;
}

bool wants_gradient(const CausalInput& in) {
  if (!torch::GradMode::is_enabled()) return false;
  for (const auto* t : {&in.q, &in.k, &in.v, &in.log_decay, &in.beta, &in.first}) {
    if (t->defined() && t->requires_grad()) return true;
  }
  return false;
}

CausalOutput causal_by_form(const CausalInput& in, const std::vector<Segment>& segments,
                            const LinearAttentionOptions& o) {
  const bool kernel = has_causal_kernel(in.q.device());
  switch (o.form) {
    case Form::quadratic:
      return causal_quadratic(in, segments);
    case Form::recurrent:
      if (!kernel || wants_gradient(in)) return causal_recurrent(in, segments);
      break;
    case Form::chunked:
      return kernel ? causal_chunked(in, segments, o.chunk) : causal_pieces(in, segments, o.chunk);
  }
  const auto state = in.first.clone();
  return {causal_steps(in, segments, state), state};
}

/// Of sequences packed one behind the other, each by itself; S's column of logarithms says what was before.
RunningSoftmax running_softmaxes(const torch::Tensor& k, const torch::Tensor& log_z, const Sequences& sequences) {
  if (!sequences.packed) return running_softmax(k, log_z);
  std::vector<torch::Tensor> keys, decays, sums;
  for (int64_t s = 0; s < sequences.count; ++s) {
    const auto one = running_softmax(k.narrow(2, sequences.begin[s], sequences.length[s]), log_z.narrow(0, s, 1));
    keys.push_back(one.k);
    decays.push_back(one.log_decay);
    sums.push_back(one.log_z);
  }
  return {torch::cat(keys, 2), torch::cat(decays, 2), torch::cat(sums)};
}

CausalOutput causal(const Prepared& p, const LinearAttentionOptions& o, const torch::Tensor& S) {
  const Sequences sequences(p.q, o.offsets);
  if (keeps_log_sums(o)) {
    const int64_t dv = p.v.size(3);
    const auto running = running_softmaxes(p.k, S.narrow(3, dv, 1).transpose(2, 3), sequences);
    LinearAttentionOptions gated = o;
    gated.similarity = Similarity::dot;
    gated.normalise = false;
    gated.log_decay = running.log_decay;
    const auto out = causal({p.q, running.k, p.v}, gated, S.narrow(3, 0, dv));
    return {out.o, torch::cat({out.last, running.log_z.transpose(2, 3)}, 3)};
  }
  auto out = causal_by_form(rows_of(p, o, S), sequences.segments(p.q.size(1), p.q.size(2)), o);
  return {out.o.view(p.v.sizes()), out.last.view(S.sizes())};
}

/// All queries see all keys.
CausalOutput bidirectional(const Prepared& p, const LinearAttentionOptions& o, const torch::Tensor& S) {
  const CausalInput given{.k = p.k, .v = p.v, .normalise = has_column(o), .least = o.least};
  const auto v = with_column(given).v, kt = p.k.transpose(2, 3);
  auto last = S;
  if (o.form == Form::recurrent) {
    for (int64_t t = 0; t < v.size(2); ++t) last = last + torch::matmul(kt.narrow(3, t, 1), v.narrow(2, t, 1));
  } else {
    last = S + torch::matmul(kt, v);
  }
  if (o.form != Form::quadratic) return {divided(torch::matmul(p.q, last), given), last};
  return {divided(torch::matmul(torch::matmul(p.q, kt), v) + torch::matmul(p.q, S), given), last};
}

LinearAttentionState state_after(const LinearAttentionState& before, const torch::Tensor& S, const Sequences& keys) {
  LinearAttentionState after = before;
  after.S = S;
  for (int64_t s = 0; s < keys.count; ++s) after.seen[s] += keys.length[s];
  return after;
}

/// One sequence after the other: a product with all keys knows no borders.
LinearAttentionOutput unpacked(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const LinearAttentionOptions& options, const LinearAttentionState& state) {
  const Sequences of_q(q, options.offsets),
      of_k(k, options.key_offsets.empty() ? options.offsets : options.key_offsets);
  LinearAttentionOptions own = options;
  own.offsets.clear();
  own.key_offsets.clear();
  std::vector<torch::Tensor> o, S;
  auto after = state.S.defined() ? state : empty_state(q, v, options, of_q.count);
  for (int64_t s = 0; s < of_q.count; ++s) {
    LinearAttentionState before = state;
    if (state.S.defined()) before.S = state.S.narrow(0, s, 1);
    before.seen = {after.seen[s]};
    const auto keys = [&](const torch::Tensor& t) { return t.narrow(2, of_k.begin[s], of_k.length[s]); };
    const auto out = linear_attention(q.narrow(2, of_q.begin[s], of_q.length[s]), keys(k), keys(v), own, before);
    o.push_back(out.o);
    S.push_back(out.state.S);
    after.seen[s] = out.state.seen[0];
  }
  after.S = torch::cat(S);
  return {torch::cat(o, 2), after};
}

}  // namespace

LinearAttentionOutput linear_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                       const LinearAttentionOptions& options, const LinearAttentionState& state) {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  check_linear_attention(q, k, v, options, state);
  const Sequences keys(k, options.key_offsets.empty() ? options.offsets : options.key_offsets);
  const bool in_order = options.direction == Direction::causal;
  if (!in_order && keys.packed) return unpacked(q, k, v, options, state);
  const auto before = state.S.defined() ? state : empty_state(q, v, options, keys.count);
  const auto p = prepare(q, k, v, options, before);
  const auto out = in_order ? causal(p, options, before.S) : bidirectional(p, options, before.S);
  return {out.o.to(v.scalar_type()), state_after(before, out.last, keys)};
}

torch::Tensor linear_attention_step(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                    const LinearAttentionOptions& options, LinearAttentionState& state) {
  const torch::NoGradGuard no_gradient;
  const auto as_sequence = [](const torch::Tensor& t, int64_t dim) {
    return t.defined() && t.dim() >= dim ? t.unsqueeze(2) : t;
  };
  LinearAttentionOptions o = options;
  o.form = Form::recurrent;
  o.log_decay = as_sequence(o.log_decay, 2);
  o.beta = as_sequence(o.beta, 2);
  const auto q1 = as_sequence(q, 3), k1 = as_sequence(k, 3), v1 = as_sequence(v, 3);
  check_linear_attention(q1, k1, v1, o, state);
  if (!state.S.defined()) state = empty_state(q1, v1, o, q1.size(0));
  const auto p = prepare(q1, k1, v1, o, state);
  const Sequences one(k1, {});
  state.S = state.S.requires_grad() ? state.S.detach().clone() : state.S.contiguous();  // what backward needs stays
  torch::Tensor out;
  if (keeps_log_sums(o)) {
    const auto next = causal(p, o, state.S);
    state.S.copy_(next.last);
    out = next.o;
  } else {
    out = causal_steps(rows_of(p, o, state.S), one.segments(q1.size(1), 1),
                       state.S.view({-1, state.S.size(2), state.S.size(3)}));
  }
  for (auto& n : state.seen) ++n;
  return out.view(p.v.sizes()).to(v.scalar_type()).squeeze(2);
}

}  // namespace cairn::ops
