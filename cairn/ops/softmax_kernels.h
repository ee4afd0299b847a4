// Rows of logits to losses and gradients, on plain memory.
#pragma once

#include <cstdint>

namespace cairn::ops {

/// log sum exp of n logits.
float log_sum_exp(const float* logits, int64_t n);
double log_sum_exp(const double* logits, int64_t n);

/// The mean of n logits, n > 0.
float mean_of(const float* logits, int64_t n);
double mean_of(const double* logits, int64_t n);

/// logits[v] = scale * exp(logits[v] - total), the softmax where `total` is their log sum exp.
void softmax_from(float* logits, int64_t n, float total, float scale);
void softmax_from(double* logits, int64_t n, double total, double scale);

}  // namespace cairn::ops
