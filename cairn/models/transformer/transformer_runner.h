// A trained network with its weights packed for use: sources read, and next tokens weighed for a decoder. What a row
// gives is the same bits whatever rows stand beside it.
#pragma once

#include <memory>
#include <vector>

#include "cairn/models/transformer/step_scorer.h"
#include "cairn/models/transformer/transformer.h"
#include "cairn/nn/linear.h"

namespace cairn::transformer {

class TransformerRunner {
 public:
  /// Packs the network's present weights; later changes are not seen.
  explicit TransformerRunner(std::shared_ptr<Transformer> network);

  const Transformer& network() const { return *network_; }
  /// Translation: rows of tokens, each with its end -> what a decoder attends to.
  nn::Memory encode(const std::vector<std::vector<int64_t>>& sources) const;
  /// Rows at their start; row r sees memory r. A language model takes no memory. The runner outlives it.
  std::unique_ptr<StepScorer> start(const nn::Memory& memory = {}) const;
  /// What the decoder's layers weigh the source with at each of `tokens`, of which the first is the start ->
  /// [layers, heads, tokens, source].
  torch::Tensor attention(const std::vector<int64_t>& source, const std::vector<int64_t>& tokens) const;
  /// tokens [R, T] int64, read from `state` on -> log p(next token) [R, T, V]
  torch::Tensor read(const torch::Tensor& tokens, Transformer::State& state) const;
  /// h [N, width] -> log p [N, V]
  torch::Tensor log_probabilities(const torch::Tensor& h) const;

 private:
  std::shared_ptr<Transformer> network_;
  nn::PackedForUse packed_;
};

}  // namespace cairn::transformer
