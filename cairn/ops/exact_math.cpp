// Every product that is added to something is written as std::fma: otherwise the compiler may or may not fuse the two,
// depending on the machine it compiles for.
#include "cairn/ops/exact_math.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::ops {

namespace {

constexpr double kLn2High = 0.69314718036912381649, kLn2Low = 1.9082149292705877e-10;

double power_of_two(int64_t n) {
  return std::bit_cast<double>((n + 1023) << 52);
}  // -1022 <= n <= 1023

double largest(const float* logits, int64_t rows) {
  double m = 0;
  for (int64_t k = 0; k < rows; ++k) m = std::max(m, static_cast<double>(logits[k]));
  return m;
}

/// sum over levels of exp(logit - m)
double mass(const float* logits, int64_t rows, double m) {
  double sum = exp(-m);
  for (int64_t k = 0; k < rows; ++k) sum += exp(logits[k] - m);
  return sum;
}

double logit_of(const float* logits, int64_t level) {
  return level == 0 ? 0 : logits[level - 1];
}

}  // namespace

double exp(double x) {
  if (x < -708) return 0;
  x = std::min(x, 708.0);
  const double round = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the nearest integer in the low bits
  const double n = std::fma(x, 1.4426950408889634, round) - round;
  const double f = std::fma(-n, kLn2Low, std::fma(-n, kLn2High, x));  // |f| <= ln(2) / 2
  double factorial_term = 1.6059043836821615e-10;                     // 1 / 13!, then down to 1 / 0! by Horner
  for (const double term : {2.0876756987868099e-9, 2.5052108385441719e-8, 2.7557319223985891e-7, 2.7557319223985891e-6,
                            2.4801587301587302e-5, 1.9841269841269841e-4, 1.3888888888888889e-3, 8.3333333333333333e-3,
                            4.1666666666666667e-2, 1.6666666666666667e-1, 0.5, 1.0, 1.0}) {
    factorial_term = std::fma(factorial_term, f, term);
  }
  const auto half = static_cast<int64_t>(n) / 2;  // two steps: 2^n alone may leave the exponent's range
  return factorial_term * power_of_two(half) * power_of_two(static_cast<int64_t>(n) - half);
}

double log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);  // [0.5, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  // log m = 2 atanh(s) = 2 s (1 + s^2 / 3 + s^4 / 5 + ...), |s| <= 0.172
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 1.0 / 23;
  for (int k = 21; k >= 3; k -= 2) series = std::fma(series, square, 1.0 / k);
  const double tail = std::fma(series, square * 2 * s, exponent * kLn2Low);
  return std::fma(exponent, kLn2High, std::fma(2, s, tail));
}

double probability(const float* logits, int64_t rows, int64_t level) {
  const double m = largest(logits, rows);
  return exp(logit_of(logits, level) - m) / mass(logits, rows, m);
}

void probabilities(const float* logits, int64_t rows, double* out) {
  const double m = largest(logits, rows), total = mass(logits, rows, m);
  for (int64_t level = 0; level <= rows; ++level) out[level] = exp(logit_of(logits, level) - m) / total;
}

double log_probability(const float* logits, int64_t rows, int64_t level) {
  const double m = largest(logits, rows);
  return logit_of(logits, level) - m - log(mass(logits, rows, m));
}

}  // namespace cairn::ops
