// A network for tests of decoders: what comes next is drawn once for each sentence and beginning.
#pragma once

#include <torch/nn/functional.h>

#include <numeric>

#include "cairn/base/random.h"
#include "cairn/models/transformer/step_scorer.h"

namespace cairn::transformer {

struct Table {
  int64_t vocabulary = 6;
  double spread = 2;  ///< of the logits
  int64_t end = 0;
  double end_logit = 0;  ///< added to the end's

  /// log p [V] behind `tokens`, whose first is the start.
  torch::Tensor behind(uint64_t sentence, const std::vector<int64_t>& tokens) const {
    RandomStream random = RandomStream(17, "table").at(sentence);
    for (const int64_t token : tokens) random = random.at(static_cast<uint64_t>(token));
    std::vector<double> logits(static_cast<size_t>(vocabulary));
    for (double& logit : logits) logit = spread * random.normal();
    logits[static_cast<size_t>(end)] += end_logit;
    return torch::log_softmax(torch::tensor(logits, torch::kFloat64), 0).to(torch::kFloat32);
  }
  /// Of all tokens of `target` and the end behind it.
  double log_probability(uint64_t sentence, const std::vector<int64_t>& target, int64_t start) const {
    std::vector<int64_t> read{start};
    double sum = 0;
    for (const int64_t token : target) {
      sum += behind(sentence, read)[token].item<float>();
      read.push_back(token);
    }
    return sum + behind(sentence, read)[end].item<float>();
  }
};

class TableScorer : public StepScorer {
 public:
  TableScorer(const Table& table, std::vector<uint64_t> sentences) : table_(table) {
    for (const uint64_t sentence : sentences) rows_.push_back({sentence, {}});
  }
  int64_t vocabulary() const override { return table_.vocabulary; }
  torch::Tensor step(const torch::Tensor& tokens) override {
    TORCH_CHECK(tokens.size(0) == static_cast<int64_t>(rows_.size()), "a token a row");
    std::vector<torch::Tensor> log_p;
    for (size_t r = 0; r < rows_.size(); ++r) {
      rows_[r].read.push_back(tokens[static_cast<int64_t>(r)].item<int64_t>());
      log_p.push_back(table_.behind(rows_[r].sentence, rows_[r].read));
    }
    rows_stepped += static_cast<int64_t>(rows_.size());
    return torch::stack(log_p);
  }
  void select(const torch::Tensor& rows) override {
    std::vector<Row> next;
    for (int64_t i = 0; i < rows.size(0); ++i) next.push_back(rows_[static_cast<size_t>(rows[i].item<int64_t>())]);
    rows_ = std::move(next);
  }

  int64_t rows_stepped = 0;  ///< the work done

 private:
  struct Row {
    uint64_t sentence;
    std::vector<int64_t> read;
  };
  Table table_;
  std::vector<Row> rows_;
};

/// Sentences 0 .. count - 1.
inline std::vector<uint64_t> first_sentences(size_t count) {
  std::vector<uint64_t> sentences(count);
  std::iota(sentences.begin(), sentences.end(), uint64_t{0});
  return sentences;
}

}  // namespace cairn::transformer
