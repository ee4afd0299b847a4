// What a decoder asks of a network: the next token's log-probabilities, for several hypotheses at once.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace cairn::transformer {

/// One step of decoding for several rows (hypotheses) at once. At the start row r is sentence r of a batch of sources.
class StepScorer {
 public:
  virtual ~StepScorer() = default;
  virtual int64_t vocabulary() const = 0;  ///< V
  /// tokens [rows] int64, each row's newest -> log p(next token) [rows, V] fp32, in nats, normalised.
  virtual torch::Tensor step(const torch::Tensor& tokens) = 0;
  /// Row i goes on from what row rows[i] was: rows [new rows] int64 may repeat, change places or be left out.
  virtual void select(const torch::Tensor& rows) = 0;
};

}  // namespace cairn::transformer
