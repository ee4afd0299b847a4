// A recurrent layer for use: its weights packed once, nothing kept for gradients.
#pragma once

#include "cairn/ops/recurrence_cpu.h"

namespace cairn::ops {

class PackedRecurrence {
 public:
  PackedRecurrence() = default;
  /// Processor weights; `cell` and `reverse` of `options` hold for every run.
  PackedRecurrence(const RecurrenceWeights& weights, const RecurrenceOptions& options);

  /// As `recurrence`; `lengths`, `keep_h` and `keep_c` may be undefined. A row's results are the same bits alone and in
  /// any batch, on any number of threads.
  struct Input {
    torch::Tensor x;
    RecurrenceState first;
    torch::Tensor lengths, keep_h, keep_c;
  };
  RecurrenceOutput run(const Input& input) const;

 private:
  RecurrenceWeights weights_;
  RecurrenceOptions options_;
  RecurrencePack pack_;
};

}  // namespace cairn::ops
