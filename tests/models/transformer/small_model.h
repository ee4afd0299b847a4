// Small networks with random weights, and words s0 .. s8 as their vocabulary.
#pragma once

#include "cairn/base/random.h"
#include "cairn/base/text.h"
#include "cairn/models/transformer/model_factory.h"

namespace cairn::transformer {

inline LoadedModel small_model(const ModelConfig& changes = {}) {
  ModelSpec spec;
  spec.config = changes;
  spec.config.width = 16;
  spec.config.heads = 2;
  spec.config.feed_forward = 24;
  spec.config.encoder_layers = spec.config.decoder_layers = 2;
  spec.config.embedding_scale = false;  // else what is written is always what was read
  std::vector<std::string> words{text::kLineEndToken, text::kUnknownToken};
  for (int n = 0; n < 9; ++n) words.push_back(cat("s", n));
  spec.vocabulary = static_cast<int64_t>(words.size());
  spec.tokenizer = text::Tokenizer({.unknown = text::UnknownRule::map}, text::Vocabulary(words));
  auto network = make_network(spec);
  network->eval();
  const torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  for (auto& parameter : network->parameters()) parameter.add_(0.3 * torch::randn_like(parameter));
  return {std::move(spec), std::move(network)};
}

/// Line k has k mod (longest + 1) words.
inline std::vector<std::string> word_lines(size_t count, size_t longest = 12) {
  const RandomStream random(3, "lines");
  std::vector<std::string> lines;
  for (size_t k = 0; k < count; ++k) {
    auto own = random.at(k);
    std::vector<std::string> words(k % (longest + 1));
    for (auto& word : words) word = cat("s", own.below(9));
    lines.push_back(join(words, " "));
  }
  return lines;
}

}  // namespace cairn::transformer
