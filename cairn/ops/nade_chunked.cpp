#include "cairn/ops/nade_chunked.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/ops/nade_plan.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Rows of one chunk in visiting order.
struct Chunk {
  torch::Tensor a;     ///< [B, H] the running sum before the chunk's first row
  torch::Tensor e;     ///< [B, n]
  torch::Tensor W, V;  ///< [n, H]
  torch::Tensor b;     ///< [n]
  torch::Tensor mask;  ///< [n, n]: 1 where the column's position comes before the row's
};

/// Logits [B, n]: every row's own sum is a triangular product.
torch::Tensor chunk_logits(const Chunk& k) {
  const auto seen = k.mask.unsqueeze(0) * k.e.unsqueeze(1);                    // [B, n, n]
  const auto h = torch::sigmoid(k.a.unsqueeze(1) + torch::matmul(seen, k.W));  // [B, n, H]
  return (h * k.V).sum(2) + k.b;
}

/// All rows packed in visiting order.
struct Packed {
  torch::Tensor e, W, V, b, position;

  Chunk chunk(const torch::Tensor& a, int64_t begin, int64_t end) const {
    const auto own = position.slice(0, begin, end);
    return {a,
            e.slice(1, begin, end),
            W.slice(0, begin, end),
            V.slice(0, begin, end),
            b.slice(0, begin, end),
            own.unsqueeze(0).lt(own.unsqueeze(1)).to(W.scalar_type())};
  }
  /// A chunk ends where a position ends, so that the levels of one variable never see each other.
  std::vector<int64_t> cuts(const NadePlan& plan, int64_t chunk) const {
    std::vector<int64_t> ends{0};
    for (const int64_t end : plan.begin) {
      if (end - ends.back() >= chunk) ends.push_back(end);
    }
    if (ends.back() < plan.begin.back()) ends.push_back(plan.begin.back());
    return ends;
  }
};

struct ChunkedNade : torch::autograd::Function<ChunkedNade> {
  static torch::Tensor forward(AutogradContext* ctx, const Packed& packed, const std::vector<int64_t>& cuts,
                               const torch::Tensor& W, const torch::Tensor& V, const torch::Tensor& b,
                               const torch::Tensor& c) {
    const Packed own{packed.e, W, V, b, packed.position};
    auto a = c.expand({own.e.size(0), -1});
    std::vector<torch::Tensor> logits, saved{own.e, W, V, b, own.position};
    for (size_t k = 0; k + 1 < cuts.size(); ++k) {
      const Chunk chunk = own.chunk(a, cuts[k], cuts[k + 1]);
      saved.push_back(a);
      logits.push_back(chunk_logits(chunk));
      a = a + torch::matmul(chunk.e, chunk.W);
    }
    ctx->save_for_backward(saved);
    ctx->saved_data["cuts"] = cuts;
    return torch::cat(logits, 1);
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto cuts = ctx->saved_data["cuts"].toIntVector();
    const Packed packed{saved[0], saved[1], saved[2], saved[3], saved[4]};
    std::vector<torch::Tensor> dW(cuts.size() - 1), dV(cuts.size() - 1), db(cuts.size() - 1);
    auto da = torch::zeros_like(saved[5], at::MemoryFormat::Contiguous);  // gradient of the sum after the chunk
    for (size_t k = cuts.size() - 1; k-- > 0;) {
      Chunk chunk = packed.chunk(saved[5 + k], cuts[k], cuts[k + 1]);
      for (auto* leaf : {&chunk.a, &chunk.W, &chunk.V, &chunk.b}) *leaf = leaf->detach().requires_grad_();
      torch::Tensor logits;
      {
        const torch::AutoGradMode record(true);
        logits = chunk_logits(chunk);
      }
      const auto d = torch::autograd::grad({logits}, {chunk.a, chunk.W, chunk.V, chunk.b},
                                           {grads[0].slice(1, cuts[k], cuts[k + 1])});
      dW[k] = d[1] + torch::matmul(chunk.e.t(), da);
      dV[k] = d[2];
      db[k] = d[3];
      da = da + d[0];
    }
    return {{}, {}, torch::cat(dW), torch::cat(dV), torch::cat(db), da.sum(0)};
  }
};

}  // namespace

torch::Tensor nade_chunked(const NadeInput& in, int64_t chunk) {
  const NadePlan plan(in.variables, in.order);
  const auto long_tensor = [&](const std::vector<int64_t>& v) {
    return torch::tensor(v, torch::kInt64).to(in.W.device());
  };
  const auto rows = long_tensor(plan.rows);
  const Packed packed{one_hot(in.x, in.variables, in.W.scalar_type()).index_select(1, rows), in.W, in.V, in.b,
                      long_tensor(plan.positions)};
  const auto logits = ChunkedNade::apply(packed, packed.cuts(plan, chunk), in.W.index_select(0, rows),
                                         in.V.index_select(0, rows), in.b.index_select(0, rows), in.c);
  return logits.index_select(1, rows.argsort());
}

}  // namespace cairn::ops
