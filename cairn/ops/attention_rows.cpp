#include "cairn/ops/attention_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/ops/attention_kernels.h"

namespace cairn::ops {

namespace {

[[noreturn]] void refuse(const std::string& got, const std::string& expected) {
  throw UsageError("attention", got_expected(got, expected));
}

void check(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v) {
  const bool fits = q.dim() == 4 && k.dim() == 4 && k.sizes() == v.sizes() && q.size(1) == k.size(1) &&
                    q.size(3) == k.size(3) && q.scalar_type() == k.scalar_type() &&
                    q.scalar_type() == v.scalar_type() && q.is_cpu() && k.is_cpu() && v.is_cpu();
  if (!fits) {
    refuse(cat("q ", q.dtype(), " ", q.sizes(), ", k ", k.dtype(), " ", k.sizes(), ", v ", v.dtype(), " ", v.sizes()),
           "q [B, H, T, d], k and v [M, H, S, d] of one type on the processor");
  }
}

/// Whole numbers 1 .. n within low .. high, or an empty vector for an undefined tensor.
std::vector<int64_t> checked(const torch::Tensor& t, const char* name, int64_t n, int64_t low, int64_t high) {
  if (!t.defined()) return {};
  if (t.sizes() != at::IntArrayRef({n}) || t.scalar_type() != torch::kInt64 || !t.is_cpu()) {
    refuse(cat(name, " ", t.dtype(), " ", t.sizes()), cat("Long [", n, "] on the processor"));
  }
  const auto flat = t.contiguous();
  const auto* values = flat.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    if (values[i] < low || values[i] > high) refuse(cat(name, "[", i, "] = ", values[i]), cat(low, " .. ", high));
  }
  return {values, values + n};
}

torch::Tensor with_dense_rows(const torch::Tensor& t) {
  return t.stride(3) == 1 || t.size(3) == 1 ? t.detach() : t.detach().contiguous();
}

struct Seen {
  std::vector<int64_t> lengths, memory;
  bool causal;
};

template <class T>
void attend_all(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v, const Seen& seen,
                torch::Tensor out) {
  const int64_t H = q.size(1), queries = q.size(2), S = k.size(2), d = q.size(3);
  const T scale = static_cast<T>(1 / std::sqrt(static_cast<double>(d)));
  constexpr int64_t kWorth = 1 << 14;  // multiply-adds below which a second thread costs more than it brings
  const int64_t work = std::max<int64_t>(1, 2 * queries * S * d);
  at::parallel_for(0, q.size(0) * H, std::max<int64_t>(1, kWorth / work), [&](int64_t begin, int64_t end) {
    std::vector<T> weights(static_cast<size_t>(S));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / H, h = i % H;
      const int64_t m = seen.memory.empty() ? b : seen.memory[static_cast<size_t>(b)];
      const int64_t length = seen.lengths.empty() ? S : seen.lengths[static_cast<size_t>(m)];
      AttentionRow<T> row{.q = nullptr,
                          .k = k.const_data_ptr<T>() + m * k.stride(0) + h * k.stride(1),
                          .k_stride = k.stride(2),
                          .v = v.const_data_ptr<T>() + m * v.stride(0) + h * v.stride(1),
                          .v_stride = v.stride(2),
                          .keys = length,
                          .width = d,
                          .scale = scale,
                          .weights = weights.data(),
                          .out = nullptr};
      for (int64_t t = 0; t < queries; ++t) {
        row.q = q.const_data_ptr<T>() + b * q.stride(0) + h * q.stride(1) + t * q.stride(2);
        row.out = out.mutable_data_ptr<T>() + ((b * queries + t) * H + h) * d;
        if (seen.causal) row.keys = std::min(length, t + S - queries + 1);
        attend_row(row);
      }
    }
  });
}

}  // namespace

torch::Tensor attention_rows(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const AttentionRowsOptions& options) {
  check(q, k, v);
  const int64_t B = q.size(0), M = k.size(0), S = k.size(2);
  if (S == 0 || (options.causal && q.size(2) > S)) {
    refuse(cat(q.size(2), " queries on ", S, " keys"), "a key for each, at least one");
  }
  if (!options.memory.defined() && B != M) refuse(cat(B, " rows of queries, ", M, " of keys"), "as many, or `memory`");
  const Seen seen{.lengths = checked(options.key_lengths, "key_lengths", M, 1, S),
                  .memory = checked(options.memory, "memory", B, 0, M - 1),
                  .causal = options.causal};
  auto out = torch::empty({B, q.size(2), q.size(1), q.size(3)}, q.options().requires_grad(false));
  AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "attention_rows", [&] {
    attend_all<scalar_t>(with_dense_rows(q), with_dense_rows(k), with_dense_rows(v), seen, out);
  });
  return out.transpose(1, 2);
}

}  // namespace cairn::ops
