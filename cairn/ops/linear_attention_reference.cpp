#include "cairn/ops/linear_attention_reference.h"

#include <algorithm>
#include <functional>

namespace cairn::ops {

namespace {

/// Some tokens of N sequences of one length.
struct Piece {
  torch::Tensor q, k;       // [N, n, K]
  torch::Tensor v;          // [N, n, V]
  torch::Tensor log_decay;  // undefined, [N, n, 1] or [N, n, K]
  torch::Tensor beta;       // undefined or [N, n, 1]
  torch::Tensor S;          // [N, K, V] before them

  int64_t length() const { return q.size(1); }
  Piece tokens(int64_t begin, int64_t end, const torch::Tensor& state) const {
    const auto cut = [&](const torch::Tensor& t) { return t.defined() ? t.slice(1, begin, end) : t; };
    return {cut(q), cut(k), cut(v), cut(log_decay), cut(beta), state};
  }
};

struct PieceOutput {
  torch::Tensor o, S;
};

/// W of U = beta o W by the triangular system of linear_attention_delta.h.
torch::Tensor delta_values(const Piece& p) {
  const auto L = torch::matmul(p.k, p.k.transpose(1, 2)).tril(-1) * p.beta.transpose(1, 2);
  const auto I = torch::eye(p.length(), p.k.options());
  const auto w = at::linalg_solve_triangular(I + L, p.v - torch::matmul(p.k, p.S), /*upper=*/false, /*left=*/true,
                                             /*unitriangular=*/true);
  return p.beta * w;
}

PieceOutput quadratic(const Piece& p) {
  if (!p.log_decay.defined()) {
    const auto v = p.beta.defined() ? delta_values(p) : p.v;
    return {torch::matmul(torch::matmul(p.q, p.k.transpose(1, 2)).tril(), v) + torch::matmul(p.q, p.S),
            p.S + torch::matmul(p.k.transpose(1, 2), v)};
  }
  const auto b = p.log_decay.cumsum(1);                                       // [N, n, 1 or K]
  const auto total = b.narrow(1, p.length() - 1, 1);                          // [N, 1, 1 or K]
  const auto between = (b.unsqueeze(2) - b.unsqueeze(1)).clamp_max(0).exp();  // [N, n, n, 1 or K]
  const auto P = (p.q.unsqueeze(2) * p.k.unsqueeze(1) * between).sum(3).tril();
  return {torch::matmul(P, p.v) + torch::matmul(p.q * b.exp(), p.S),
          total.exp().transpose(1, 2) * p.S + torch::matmul((p.k * (total - b).exp()).transpose(1, 2), p.v)};
}

PieceOutput step(const Piece& p) {
  auto S = p.log_decay.defined() ? p.log_decay.exp().transpose(1, 2) * p.S : p.S;
  const auto v = p.beta.defined() ? p.beta * (p.v - torch::matmul(p.k, S)) : p.v;
  S = S + torch::matmul(p.k.transpose(1, 2), v);
  return {torch::matmul(p.q, S), S};
}

/// `way` on `size` tokens at a time.
PieceOutput in_pieces(const Piece& p, int64_t size, PieceOutput (*way)(const Piece&)) {
  std::vector<torch::Tensor> o{p.v.slice(1, 0, 0)};
  auto S = p.S;
  for (int64_t t = 0; t < p.length(); t += size) {
    const auto part = way(p.tokens(t, std::min(t + size, p.length()), S));
    o.push_back(part.o);
    S = part.S;
  }
  return {torch::cat(o, 1), S};
}

/// Segments [first, end) of one length that follow one another, as a batch.
Piece batch_of(const CausalInput& in, const std::vector<Segment>& segments, size_t first, size_t end) {
  const int64_t N = static_cast<int64_t>(end - first), n = segments[first].length;
  const auto cut = [&](const torch::Tensor& t) {
    return t.defined() ? t.narrow(0, segments[first].begin, N * n).reshape({N, n, t.dim() == 2 ? t.size(1) : 1}) : t;
  };
  return {cut(in.q),         cut(in.k),    cut(in.v),
          cut(in.log_decay), cut(in.beta), in.first.narrow(0, static_cast<int64_t>(first), N)};
}

CausalOutput each_batch(const CausalInput& given, const std::vector<Segment>& segments,
                        const std::function<PieceOutput(const Piece&)>& way) {
  const CausalInput in = with_column(given);
  std::vector<torch::Tensor> o, last{in.first.slice(0, 0, 0)};
  std::vector<int64_t> rows;
  for (size_t first = 0, end = 0; first < segments.size(); first = end) {
    const int64_t n = segments[first].length;
    do ++end;
    while (end < segments.size() && segments[end].length == n && segments[end].begin == segments[end - 1].begin + n);
    const auto out = way(batch_of(in, segments, first, end));
    o.push_back(out.o.reshape({-1, in.v.size(1)}));
    last.push_back(out.S);
    for (int64_t r = 0; r < o.back().size(0); ++r) rows.push_back(segments[first].begin + r);
  }
  const auto place = torch::tensor(rows, torch::kInt64).argsort().to(in.v.device());
  const auto all = rows.empty() ? in.v : torch::cat(o).index_select(0, place);
  return {divided(all, given), torch::cat(last)};
}

}  // namespace

CausalOutput causal_quadratic(const CausalInput& in, const std::vector<Segment>& segments) {
  return each_batch(in, segments,
                    [](const Piece& p) { return in_pieces(p, std::max<int64_t>(p.length(), 1), quadratic); });
}

CausalOutput causal_recurrent(const CausalInput& in, const std::vector<Segment>& segments) {
  return each_batch(in, segments, [](const Piece& p) { return in_pieces(p, 1, step); });
}

CausalOutput causal_pieces(const CausalInput& in, const std::vector<Segment>& segments, int64_t chunk) {
  return each_batch(in, segments, [=](const Piece& p) { return in_pieces(p, chunk, quadratic); });
}

}  // namespace cairn::ops
