// A network as a decoder sees it, keys and values of the tokens so far kept.
#pragma once

#include "cairn/models/transformer/step_scorer.h"
#include "cairn/models/transformer/transformer.h"

namespace cairn::transformer {

/// The network must outlive it, be in evaluation mode and keep its weights. Packed (nn/linear.h), a row's numbers are the
/// same bits whatever rows stand beside it.
class NetworkScorer : public StepScorer {
 public:
  /// Translation: row r sees source r. `memory` is what `encode` gave.
  NetworkScorer(Transformer& network, const nn::Memory& memory);
  /// A language model; as many rows as the first step brings tokens.
  explicit NetworkScorer(Transformer& network);

  int64_t vocabulary() const override { return network_.vocabulary(); }
  torch::Tensor step(const torch::Tensor& tokens) override;
  void select(const torch::Tensor& rows) override;

 private:
  Transformer& network_;
  Transformer::State state_;
};

/// Sentences, each with its end, as the memory of their batch; what is padded is `padding`.
nn::Memory encode_sentences(Transformer& network, const std::vector<std::vector<int64_t>>& sentences, int64_t padding);

}  // namespace cairn::transformer
