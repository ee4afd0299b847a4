// A recurrent layer from its definition, step by step and differentiable by autograd: the oracle of the fused loop.
#pragma once

#include "cairn/ops/recurrence.h"

namespace cairn::ops {

/// As `recurrence`, for any dtype and device.
RecurrenceOutput recurrence_reference(const torch::Tensor& x, const RecurrenceWeights& weights,
                                      const RecurrenceState& first, const RecurrenceOptions& options);

/// As `image_lstm`, pixel by pixel, for any dtype and device.
torch::Tensor image_lstm_reference(const torch::Tensor& x, const RecurrenceWeights& weights, Walk walk);

}  // namespace cairn::ops
