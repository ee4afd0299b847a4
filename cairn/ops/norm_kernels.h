// Layer normalisation of one row of plain memory, inside loops that tensors would slow down.
#pragma once

#include <cstdint>

namespace cairn::ops {

constexpr double kNormEps = 1e-5;

/// hat = (x - mean) / sqrt(variance + eps) of n numbers; hat may be x. Returns 1 / sqrt(variance + eps).
float normalize(const float* x, int64_t n, float* hat);
double normalize(const double* x, int64_t n, double* hat);

/// dx from the gradient of hat; dx may be dhat.
void normalize_backward(const float* dhat, const float* hat, float scale, int64_t n, float* dx);
void normalize_backward(const double* dhat, const double* hat, double scale, int64_t n, double* dx);

}  // namespace cairn::ops
