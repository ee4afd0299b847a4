#include "cairn/models/transformer/transformer_runner.h"

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/ops/softmax_kernels.h"

namespace cairn::transformer {

namespace {

class NetworkScorer : public StepScorer {
 public:
  NetworkScorer(const TransformerRunner& runner, Transformer::State state)
      : runner_(runner), state_(std::move(state)) {}

  int64_t vocabulary() const override { return runner_.network().vocabulary(); }

  torch::Tensor step(const torch::Tensor& tokens) override {
    return runner_.read(tokens.unsqueeze(1), state_).squeeze(1);
  }

  void select(const torch::Tensor& rows) override {
    const torch::InferenceMode inference;
    Transformer::select(state_, rows);
  }

 private:
  const TransformerRunner& runner_;
  Transformer::State state_;
};

}  // namespace

TransformerRunner::TransformerRunner(std::shared_ptr<Transformer> network)
    : network_(std::move(network)), packed_(*network_) {
  network_->eval();
}

nn::Memory TransformerRunner::encode(const std::vector<std::vector<int64_t>>& sources) const {
  const torch::InferenceMode inference;
  size_t longest = 0;
  for (const auto& source : sources) longest = std::max(longest, source.size());
  const auto B = static_cast<int64_t>(sources.size());
  const auto tokens = torch::zeros({B, static_cast<int64_t>(longest)}, torch::kInt64);
  const auto lengths = torch::empty({B}, torch::kInt64);
  for (int64_t b = 0; b < B; ++b) {
    const auto& source = sources[static_cast<size_t>(b)];
    std::ranges::copy(source, tokens[b].data_ptr<int64_t>());
    lengths[b] = static_cast<int64_t>(source.size());
  }
  return network_->encode(tokens, lengths_if_padded(lengths, tokens));
}

std::unique_ptr<StepScorer> TransformerRunner::start(const nn::Memory& memory) const {
  const torch::InferenceMode inference;
  return std::make_unique<NetworkScorer>(*this, network_->start(memory));
}

torch::Tensor TransformerRunner::read(const torch::Tensor& tokens, Transformer::State& state) const {
  const torch::InferenceMode inference;
  const auto h = network_->read(tokens, state);
  return log_probabilities(h.flatten(0, 1)).view({tokens.size(0), tokens.size(1), -1});
}

torch::Tensor TransformerRunner::attention(const std::vector<int64_t>& source,
                                           const std::vector<int64_t>& tokens) const {
  const torch::InferenceMode inference;
  auto memory = encode({source});
  std::vector<torch::Tensor> weights;
  memory.weights = &weights;
  network_->decode(torch::tensor(tokens).unsqueeze(0), memory);
  return torch::cat(weights);
}

torch::Tensor TransformerRunner::log_probabilities(const torch::Tensor& h) const {
  const torch::InferenceMode inference;
  auto log_p = network_->logits(h);
  const int64_t V = log_p.size(1);
  float* const rows = log_p.mutable_data_ptr<float>();
  at::parallel_for(0, log_p.size(0), 1, [&](int64_t begin, int64_t end) {
    for (float* row = rows + begin * V; row != rows + end * V; row += V) {
      const float total = ops::log_sum_exp(row, V);
      for (int64_t v = 0; v < V; ++v) row[v] -= total;
    }
  });
  return log_p;
}

}  // namespace cairn::transformer
