// Weights of this room in foreign layouts: the whole network under its own names (`pytorch`, `safetensors`), and its
// recurrent layers as the state dict of PyTorch's nn.LSTM, nn.GRU or nn.RNN (`torch-rnn`).
#pragma once

#include <string>
#include <vector>

#include "cairn/io/tensor_map.h"
#include "cairn/models/layout.h"
#include "cairn/models/rnn/model_factory.h"

namespace cairn::rnn {

std::vector<Layout> layouts();

/// The recurrent layers alone that a state dict of nn.LSTM, nn.GRU or nn.RNN holds, by its names and shapes: task
/// `states`. What they do not say: nn.RNN is taken with tanh. Throws InputError naming `source` where it is none.
ModelSpec spec_of_torch_rnn(const io::TensorMap& tensors, const std::string& source);

/// Throws UsageError, with the reason, for layers that no module of PyTorch computes.
void require_torch_rnn(const ModelConfig& config);

}  // namespace cairn::rnn
