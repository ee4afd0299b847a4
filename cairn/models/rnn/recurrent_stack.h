// Recurrent layers one above the other, in one or both directions. Parameters are named and shaped as those of
// PyTorch's nn.LSTM, nn.GRU and nn.RNN: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0,
// ..._l0_reverse.
#pragma once

#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/base/random.h"
#include "cairn/ops/recurrence.h"

namespace cairn::rnn {

struct StackOptions {
  ops::Cell cell = ops::Cell::lstm;
  int64_t input = 1;
  int64_t hidden = 1;
  int64_t layers = 1;
  int64_t projection = 0;  ///< 0: none
  bool bidirectional = false;
  bool peepholes = false;
  bool layer_norm = false;
  double init = 0;         ///< bound of the uniform initial weights; 0: 1 / sqrt(hidden)
  double forget_bias = 0;  ///< lstm
  int64_t chrono = 0;      ///< lstm, gru: steps that memories are to last at most; 0: as every other bias

  int64_t directions() const { return bidirectional ? 2 : 1; }
  int64_t state() const { return projection > 0 ? projection : hidden; }  ///< R
  int64_t output() const { return directions() * state(); }
};

/// Noise of training; all 0 otherwise.
struct StackNoise {
  double dropout = 0;      ///< between layers
  bool locked = false;     ///< the same units at all steps
  double weight_drop = 0;  ///< on weight_hh
  double zoneout = 0;
};

/// One state for each layer and direction: l0, l0_reverse, l1, ...
using StackState = std::vector<ops::RecurrenceState>;

/// One layer in one direction.
struct LayerWeights {
  torch::Tensor W_ih;     ///< [G H, input]
  torch::Tensor b_ih;     ///< [G H]
  torch::Tensor norm_ih;  ///< [G H] gain of the input's share, or undefined
  ops::RecurrenceWeights state;
};

class RecurrentStack : public torch::nn::Module {
 public:
  /// Throws UsageError for parts that a cell does not have. Weights are drawn from `random`.
  RecurrentStack(StackOptions options, RandomStream random);

  const StackOptions& options() const { return options_; }
  const std::vector<LayerWeights>& layers() const { return layers_; }
  StackState zero_state(int64_t B) const;

  struct Output {
    torch::Tensor y;  ///< [T, B, directions R]
    StackState last;  ///< of the layers that ran
  };
  /// u [T, B, input]; `lengths` [B] int64 may be undefined. In training `noise` is drawn from LibTorch's generator; in
  /// evaluation only zoneout's mean remains of it.
  Output forward(const torch::Tensor& u, const StackState& first, const StackNoise& noise,
                 const torch::Tensor& lengths = {}) const;
  /// One of its layers, 0 <= n < options().layers, on what the one below gave.
  Output forward_layer(int64_t n, const torch::Tensor& u, const StackState& first, const StackNoise& noise,
                       const torch::Tensor& lengths) const;

 private:
  LayerWeights make_layer(int64_t layer, bool reverse, RandomStream random);
  torch::Tensor parameter(const std::string& name, torch::IntArrayRef shape, RandomStream random);
  ops::RecurrenceOutput run(const LayerWeights& layer, bool reverse, const torch::Tensor& u,
                            const ops::RecurrenceState& first, const StackNoise& noise,
                            const torch::Tensor& lengths) const;

  StackOptions options_;
  std::vector<LayerWeights> layers_;
};

/// u [T, B, input] -> the input's share of the pre-activations [T, B, G H].
torch::Tensor input_share(const LayerWeights& layer, const torch::Tensor& product);

/// Inverted dropout of t [T, B, n], 0 <= p < 1; locked: one mask for all steps.
torch::Tensor dropped(const torch::Tensor& t, double p, bool locked);

/// "lstm", "gru", ... Throws UsageError for another name.
ops::Cell cell_named(const std::string& name);

}  // namespace cairn::rnn
