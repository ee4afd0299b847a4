// MADE, the masked autoencoder for distribution estimation (Germain, Gregor, Murray & Larochelle 2015).
//
//   h_l = g(b_l + (W_l * M_l) h_(l-1)),   logits = b + (V * M_V) h_L [+ (A * M_A) e]
//
// Masks follow from degrees (masks.h). Inputs and outputs are taken in the order of their positions and hidden units in
// the order of their degrees, so every mask is a staircase whose empty blocks are skipped (ops/masked_linear.h).
// Several masks differ in the order of the variables (section 4.1), with which the first and the last weights exchange
// columns and rows; in connections (section 4.2): each deals the same degrees to other hidden units; or in both.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/density_model.h"
#include "cairn/ops/masked_linear.h"

namespace cairn::autoregressive {

struct MadeOptions {
  std::vector<int64_t> hidden;
  std::string activation = "relu";  ///< or "sigmoid"
  std::vector<Order> orders;        ///< one mask each; training draws one for each batch
  bool direct = false;
  /// For each layer of each mask its units by rising degree, from one-dimensional [H_l] permutations; none: every mask
  /// takes the units as they stand.
  std::vector<std::vector<torch::Tensor>> units;
};

/// Parameters, with the rows of e and of the logits in the positions of the first order: "weight<l>" [H_l, H_(l-1)] and
/// "bias<l>" [H_l], H_0 = R; "V" [R, H_L], "b" [R], and with direct connections "A" [R, R].
class Made : public DensityModel {
 public:
  Made(ops::Variables variables, MadeOptions options, RandomStream random);

  int64_t members() const override { return static_cast<int64_t>(options_.orders.size()); }
  const Order& order(int64_t member) const override { return options_.orders.at(member); }
  torch::Tensor conditionals(const torch::Tensor& x, int64_t member) override;
  std::optional<Staged> staged_objective(const torch::Tensor& x, RandomStream random) override;
  void after_step() override;
  void set_frequencies(const torch::Tensor& frequencies) override;
  std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) override;

 private:
  // What a member sees of a layer: inputs and outputs in its own positions, units by rising degree.
  struct Layer {
    torch::Tensor weight, bias;
  };
  Layer hidden_layer(size_t l, int64_t member) const;  // l from 0
  struct Output {
    torch::Tensor V, b, A;
  };
  Output output(int64_t member) const;
  const torch::Tensor& units(size_t l, int64_t member) const;
  // Whether all members see this layer's weights as they are stored, under one mask.
  bool keeps_mask(size_t l) const;
  torch::Tensor activate(const torch::Tensor& a) const;
  /// From x, one-hot and in the member's positions, to its conditionals.
  Staged staged_conditionals(const torch::Tensor& x, int64_t member);
  torch::Tensor logits(const torch::Tensor& h, const torch::Tensor& e, int64_t member) const;

  MadeOptions options_;
  std::vector<torch::Tensor> weights_, biases_;  // of the hidden layers
  torch::Tensor V, b, A;
  std::vector<ops::StaircaseMask> masks_;  // of the hidden layers
  ops::StaircaseMask output_mask_, direct_mask_;
  std::vector<torch::Tensor> rows_;             // of each member: the rows of e by its positions, as rows of V
  std::vector<torch::Tensor> units_as_stored_;  // 0 .. H_l - 1
};

}  // namespace cairn::autoregressive
