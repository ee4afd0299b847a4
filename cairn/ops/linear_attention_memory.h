// The tensors of a CausalInput as plain memory.
#pragma once

#include "cairn/ops/linear_attention_arrays.h"
#include "cairn/ops/linear_attention_causal.h"

namespace cairn::ops {

/// Null where the tensor is undefined.
template <class T>
T* data(const torch::Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}

template <class T>
CausalArrays<T> arrays_of(const CausalInput& in) {
  return {.q = data<T>(in.q),
          .k = data<T>(in.k),
          .v = data<T>(in.v),
          .log_decay = data<T>(in.log_decay),
          .beta = data<T>(in.beta),
          .K = in.k.size(1),
          .dv = in.v.size(1),
          .V = in.v.size(1) + (in.normalise ? 1 : 0),
          .decay_by_feature = in.log_decay.defined() && in.log_decay.dim() == 2,
          .least = static_cast<T>(in.least)};
}

}  // namespace cairn::ops
