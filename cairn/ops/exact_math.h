// Elementary functions whose results are the same bits on every machine: only correctly rounded operations, in a fixed
// order. What an encoder computes here, a decoder elsewhere repeats.
#pragma once

#include <cstdint>

namespace cairn::ops {

double exp(double x);  ///< relative error below 1e-15; 0 below -708, cut off above 708
double log(double x);  ///< x > 0, finite and normal; absolute error below 1e-15 * max(1, |log x|)

/// p(level) of a variable with `rows` + 1 levels whose logits are 0 (level 0, not stored) and logits[0 .. rows - 1].
double probability(const float* logits, int64_t rows, int64_t level);
/// All of them, in order of the levels: `out` gets rows + 1 numbers, the same bits as one by one.
void probabilities(const float* logits, int64_t rows, double* out);
double log_probability(const float* logits, int64_t rows, int64_t level);

}  // namespace cairn::ops
