// A trained network with its weights packed for use on the processor: whole sequences or one step at a time, the state
// kept by the caller. What a row gives is the same bits alone and in any batch, and however a sequence is cut.
#pragma once

#include "cairn/models/rnn/sequence_network.h"
#include "cairn/ops/packed_matrix.h"
#include "cairn/ops/packed_recurrence.h"

namespace cairn::rnn {

class SequenceRunner {
 public:
  /// Packs the network's present weights; later changes are not seen.
  explicit SequenceRunner(const SequenceNetwork& network);

  StackState start(int64_t B) const;
  /// x [T, B] tokens or [T, B, inputs] features -> [T, B, n]; `state` moves on to the end. `lengths` [B] may be
  /// undefined.
  torch::Tensor hidden(const torch::Tensor& x, StackState& state, const torch::Tensor& lengths = {}) const;
  /// h [N, n] -> [N, outputs]
  torch::Tensor logits(const torch::Tensor& h) const;
  /// h [N, n], targets [N] (-1: ignored) -> nats [N]
  torch::Tensor losses(const torch::Tensor& h, const torch::Tensor& targets) const;

 private:
  struct Layer {
    LayerWeights weights;
    ops::PackedMatrix input;
    ops::PackedRecurrence recurrence;
  };
  torch::Tensor run(const Layer& layer, const torch::Tensor& u, ops::RecurrenceState& state,
                    const torch::Tensor& lengths) const;

  const SequenceNetwork& network_;
  std::vector<Layer> layers_;
  ops::PackedMatrix output_;
};

}  // namespace cairn::rnn
