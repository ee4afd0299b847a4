#include "cairn/models/rnn/sequence_runner.h"

#include "cairn/base/error.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::rnn {

SequenceRunner::SequenceRunner(const SequenceNetwork& network) : network_(network) {
  const torch::NoGradGuard no_grad;
  const auto& options = network.stack().options();
  const auto& layers = network.stack().layers();
  for (size_t k = 0; k < layers.size(); ++k) {
    const bool reverse = k % static_cast<size_t>(options.directions()) == 1;
    layers_.push_back({layers[k], ops::PackedMatrix(layers[k].W_ih),
                       ops::PackedRecurrence(layers[k].state, {.cell = options.cell, .reverse = reverse})});
  }
  if (network.output_weight().defined()) output_ = ops::PackedMatrix(network.output_weight());
}

StackState SequenceRunner::start(int64_t B) const {
  return network_.stack().zero_state(B);
}

torch::Tensor SequenceRunner::run(const Layer& layer, const torch::Tensor& u, ops::RecurrenceState& state,
                                  const torch::Tensor& lengths) const {
  const bool norm = layer.weights.norm_ih.defined();
  ops::PackedRecurrence::Input input;
  input.x = layer.input.multiply(u, norm ? torch::Tensor() : layer.weights.b_ih.detach());
  if (norm) input.x = input_share(layer.weights, input.x);
  input.first = state;
  input.lengths = lengths;
  const double zoneout = network_.config().zoneout;
  const auto keep = [&](int64_t width) {
    return torch::full({1, 1, width}, zoneout, u.options()).expand({u.size(0), u.size(1), width});
  };
  if (zoneout > 0) {
    input.keep_h = keep(state.h.size(1));
    if (state.c.defined()) input.keep_c = keep(state.c.size(1));
  }
  auto out = layer.recurrence.run(input);
  state = out.last;
  return out.y;
}

torch::Tensor SequenceRunner::hidden(const torch::Tensor& x, StackState& state, const torch::Tensor& lengths) const {
  const torch::NoGradGuard no_grad;
  if (state.size() != layers_.size()) {
    throw UsageError("sequence runner", got_expected(cat("a state of ", state.size(), " layers"), layers_.size()));
  }
  auto u = network_.config().reads_tokens() ? torch::embedding(network_.embedding(), x) : network_.scaled(x);
  const auto directions = static_cast<size_t>(network_.stack().options().directions());
  for (size_t k = 0; k < layers_.size(); k += directions) {
    const auto forth = run(layers_[k], u, state[k], lengths);
    u = directions == 1 ? forth : torch::cat({forth, run(layers_[k + 1], u, state[k + 1], lengths)}, 2);
  }
  return u;
}

torch::Tensor SequenceRunner::logits(const torch::Tensor& h) const {
  return output_.multiply(h, network_.output_bias().detach());
}

torch::Tensor SequenceRunner::losses(const torch::Tensor& h, const torch::Tensor& targets) const {
  const torch::NoGradGuard no_grad;
  return ops::cross_entropy_losses(h.contiguous(), output_, network_.output_bias().detach(), targets);
}

}  // namespace cairn::rnn
