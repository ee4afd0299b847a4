// The arithmetic of sampling and of the arithmetic coder: operations on rows of floats whose results are the same bits
// on every machine, for every width of its vectors, batch and number of threads.
#pragma once

#include "cairn/ops/exact_math.h"

namespace cairn::ops {

/// sum a_k b_k: element k goes into partial sum k mod 64 by a fused multiply-add, in ascending order of k; then partial
/// sums j and j + 32 are added, j and j + 16, ... down to one.
float dot(const float* a, const float* b, int64_t n);

/// out[r] = dot(rows + r * stride, h, n) for r < count.
void dot_rows(const float* rows, int64_t count, int64_t stride, const float* h, int64_t n, float* out);

/// a += w
void add_row(float* a, const float* w, int64_t n);

/// h = 1 / (1 + e^-a), relative error below 3e-7; h may be a.
void sigmoid(const float* a, float* h, int64_t n);

/// h[k] = tanh(a[k]) / (1 + e^-a[n + k]): a holds 2 n numbers, h gets n and is not a. Absolute error below 4e-7.
void gate(const float* a, float* h, int64_t n);

/// h = max(a, 0); h may be a.
void relu(const float* a, float* h, int64_t n);

}  // namespace cairn::ops
