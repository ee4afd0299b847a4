// The inputs of causal linear attention on plain memory, of the processor or of a device.
#pragma once

#include "cairn/ops/linear_attention_plan.h"
#include "cairn/ops/small_products.h"

namespace cairn::ops {

/// Rows of K or dv numbers, without gaps.
template <class T>
struct CausalArrays {
  const T *q, *k, *v;
  const T* log_decay;  ///< null, [rows] or [rows, K]
  const T* beta;       ///< null or [rows]
  int64_t K;
  int64_t dv;  ///< numbers of a value
  int64_t V;   ///< of a state's row: dv, and 1 with the sum of weights
  bool decay_by_feature;
  T least;  ///< a sum of weights counts as at least this

  bool normalised() const { return V > dv; }

  Matrix<const T> rows_of(const T* array, const Chunk& c, int64_t width) const {
    return {array + c.begin * width, c.length, width, width};
  }
};

}  // namespace cairn::ops
