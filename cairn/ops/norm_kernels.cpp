#include "cairn/ops/norm_kernels.h"

#include <cmath>

namespace cairn::ops {

namespace {

constexpr int64_t kSums = 16;  // partial sums, in a fixed order; compilers make vectors of them

/// Sum of value(0) ... value(n - 1).
template <class T, class Value>
T sum_of(int64_t n, const Value& value) {
  T sums[kSums] = {};
  int64_t k = 0;
  for (; k + kSums <= n; k += kSums) {
    for (int64_t j = 0; j < kSums; ++j) sums[j] += value(k + j);
  }
  for (int64_t j = 0; k < n; ++k, ++j) sums[j] += value(k);
  T sum = 0;
  for (const T part : sums) sum += part;
  return sum;
}

template <class T>
T forward(const T* x, int64_t n, T* hat) {
  const T mean = sum_of<T>(n, [&](int64_t k) { return x[k]; }) / static_cast<T>(n);
  const T square = sum_of<T>(n, [&](int64_t k) { return (x[k] - mean) * (x[k] - mean); }) / static_cast<T>(n);
  const T scale = 1 / std::sqrt(square + static_cast<T>(kNormEps));
  for (int64_t k = 0; k < n; ++k) hat[k] = (x[k] - mean) * scale;
  return scale;
}

template <class T>
void backward(const T* dhat, const T* hat, T scale, int64_t n, T* dx) {
  const T mean = sum_of<T>(n, [&](int64_t k) { return dhat[k]; }) / static_cast<T>(n);
  const T along = sum_of<T>(n, [&](int64_t k) { return dhat[k] * hat[k]; }) / static_cast<T>(n);
  for (int64_t k = 0; k < n; ++k) dx[k] = scale * (dhat[k] - mean - hat[k] * along);
}

}  // namespace

float normalize(const float* x, int64_t n, float* hat) {
  return forward(x, n, hat);
}
double normalize(const double* x, int64_t n, double* hat) {
  return forward(x, n, hat);
}
void normalize_backward(const float* dhat, const float* hat, float scale, int64_t n, float* dx) {
  backward(dhat, hat, scale, n, dx);
}
void normalize_backward(const double* dhat, const double* hat, double scale, int64_t n, double* dx) {
  backward(dhat, hat, scale, n, dx);
}

}  // namespace cairn::ops
