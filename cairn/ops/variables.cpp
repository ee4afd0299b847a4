#include "cairn/ops/variables.h"

#include <torch/nn/functional/activation.h>
#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::ops {

Variables::Variables(std::vector<int64_t> levels_of_each) : levels(std::move(levels_of_each)) {
  offsets.reserve(levels.size());
  for (const int64_t K : levels) {
    if (K < 2) throw UsageError("variables", cat("levels: ", got_expected(K, "at least 2")));
    offsets.push_back(rows_);
    rows_ += K - 1;
  }
}

Variables Variables::binary(int64_t D) {
  return Variables(std::vector<int64_t>(D, 2));
}

namespace {

torch::Tensor levels_tensor(const Variables& variables, const torch::Tensor& like) {
  return torch::tensor(variables.levels, torch::kInt64).to(like.device());
}

[[noreturn]] void throw_out_of_levels(const torch::Tensor& bad, const torch::Tensor& x, const Variables& variables,
                                      const char* what) {
  const int64_t flat = bad.flatten().to(torch::kUInt8).argmax().item<int64_t>();
  const int64_t row = flat / variables.D(), d = flat % variables.D();
  throw InputError(what,
                   cat("row ", row, ", variable ", d, ": ",
                       got_expected(x[row][d].item<int64_t>(), cat("a level in 0 .. ", variables.levels[d] - 1))));
}

}  // namespace

void check_levels(const torch::Tensor& x, const Variables& variables, const char* what) {
  const bool type_fits = x.scalar_type() == torch::kUInt8 || x.scalar_type() == torch::kInt64;
  if (x.dim() != 2 || x.size(1) != variables.D() || !type_fits) {
    throw UsageError(what,
                     got_expected(cat(x.scalar_type(), " ", x.sizes()), cat("Byte or Long [B, ", variables.D(), "]")));
  }
  if (x.numel() == 0) return;
  if (variables.all_binary() && x.scalar_type() == torch::kUInt8 && x.max().item<uint8_t>() < 2) return;
  const auto bad = x.lt(0).logical_or(x.ge(levels_tensor(variables, x)));
  if (bad.any().item<bool>()) throw_out_of_levels(bad, x, variables, what);
}

torch::Tensor one_hot(const torch::Tensor& x, const Variables& variables, torch::ScalarType dtype) {
  if (variables.all_binary()) return x.to(dtype);
  const auto e = torch::zeros({x.size(0), variables.R() + 1}, x.options().dtype(dtype));  // last column: level 0
  const auto offsets = torch::tensor(variables.offsets, torch::kInt64).to(x.device());
  const auto value = x.to(torch::kInt64);
  const auto row = torch::where(value.gt(0), offsets + value - 1, variables.R());
  return e.scatter_(1, row, 1).narrow(1, 0, variables.R());
}

namespace {

/// Variables with K levels each, side by side: logits [B, n, K - 1], x [B, n] -> [B, n].
torch::Tensor level_terms(const torch::Tensor& logits, const torch::Tensor& x) {
  const auto zero = torch::zeros({logits.size(0), logits.size(1), 1}, logits.options());
  const auto all = torch::cat({zero, logits}, 2);
  return all.log_softmax(2).gather(2, x.to(torch::kInt64).unsqueeze(2)).squeeze(2);
}

/// log sigmoid(z) for x = 1 and log sigmoid(-z) for x = 0, without overflow.
torch::Tensor binary_terms(const torch::Tensor& logits, const torch::Tensor& x) {
  return at::log_sigmoid(logits * (x.to(logits.scalar_type()) * 2 - 1));
}

}  // namespace

torch::Tensor log_likelihood(const torch::Tensor& raw_logits, const torch::Tensor& x, const Variables& variables) {
  const bool narrow_type = raw_logits.scalar_type() == torch::kBFloat16 || raw_logits.scalar_type() == torch::kHalf;
  const auto logits = narrow_type ? raw_logits.to(torch::kFloat32) : raw_logits;
  if (variables.all_binary()) return binary_terms(logits, x);
  std::vector<torch::Tensor> terms;
  for (int64_t begin = 0; begin < variables.D();) {  // neighbours with the same number of levels go together
    const int64_t K = variables.levels[begin];
    int64_t end = begin;
    while (end < variables.D() && variables.levels[end] == K) ++end;
    const int64_t n = end - begin;
    const auto own = logits.narrow(1, variables.offsets[begin], n * (K - 1));
    const auto value = x.narrow(1, begin, n);
    terms.push_back(K == 2 ? binary_terms(own, value) : level_terms(own.reshape({-1, n, K - 1}), value));
    begin = end;
  }
  return torch::cat(terms, 1);
}

}  // namespace cairn::ops
