#include "cairn/models/transformer/network_scorer.h"

#include <numeric>
#include <vector>

#include <torch/nn/functional.h>

#include "cairn/data/token_rows.h"

namespace cairn::transformer {

NetworkScorer::NetworkScorer(Transformer& network, const nn::Memory& memory) : network_(network) {
  const torch::NoGradGuard no_grad;
  state_ = network.start(memory);
}

NetworkScorer::NetworkScorer(Transformer& network) : NetworkScorer(network, nn::Memory{}) {}

torch::Tensor NetworkScorer::step(const torch::Tensor& tokens) {
  const torch::NoGradGuard no_grad;
  return torch::log_softmax(network_.logits(network_.step(tokens, state_)), 1);
}

void NetworkScorer::select(const torch::Tensor& rows) {
  network_.select(state_, rows);
}

nn::Memory encode_sentences(Transformer& network, const std::vector<std::vector<int64_t>>& sentences, int64_t padding) {
  const torch::NoGradGuard no_grad;
  data::TokenRows rows;
  for (const auto& sentence : sentences) rows.add(sentence);
  std::vector<int64_t> which(sentences.size());
  std::iota(which.begin(), which.end(), int64_t{0});
  const auto padded = data::padded_rows(rows, which, padding);
  return network.encode(padded.tokens, lengths_if_padded(padded.lengths, padded.tokens));
}

}  // namespace cairn::transformer
