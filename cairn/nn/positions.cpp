#include "cairn/nn/positions.h"

#include <cmath>

#include "cairn/base/error.h"

namespace cairn::nn {

namespace {

/// [count, frequencies] angles in fp64.
torch::Tensor angles(int64_t count, int64_t first, const torch::Tensor& exponents, double base) {
  const auto positions = torch::arange(first, first + count, torch::kFloat64);
  return torch::outer(positions, torch::exp(exponents * -std::log(base)));
}

void check_even(int64_t d, const char* where) {
  if (d < 2 || d % 2 != 0) throw UsageError(where, got_expected(cat(d, " features"), "an even number of them"));
}

}  // namespace

torch::Tensor sinusoids(int64_t count, int64_t d, Sinusoid kind, int64_t first) {
  check_even(d, "sinusoids");
  const int64_t n = d / 2;
  const auto i = torch::arange(n, torch::kFloat64);
  const auto exponents = i / static_cast<double>(kind == Sinusoid::fairseq ? std::max<int64_t>(n - 1, 1) : n);
  const auto angle = angles(count, first, exponents, 10000);
  const auto waves = kind == Sinusoid::paper ? torch::stack({angle.sin(), angle.cos()}, 2).flatten(1)
                                             : torch::cat({angle.sin(), angle.cos()}, 1);
  return waves.to(torch::kFloat32);
}

torch::Tensor rotate(const torch::Tensor& x, int64_t first, double base) {
  const int64_t d = x.size(-1);
  check_even(d, "rotary positions");
  const auto exponents = torch::arange(d / 2, torch::kFloat64) / static_cast<double>(d / 2);
  const auto angle = angles(x.size(-2), first, exponents, base).to(x.device());
  const auto cos = angle.cos().to(x.scalar_type()), sin = angle.sin().to(x.scalar_type());
  const auto low = x.slice(-1, 0, d / 2), high = x.slice(-1, d / 2);
  return torch::cat({low * cos - high * sin, high * cos + low * sin}, -1);
}

}  // namespace cairn::nn
