#include "cairn/models/rnn/sampling.h"

#include "cairn/base/error.h"
#include "cairn/base/random.h"

namespace cairn::rnn {

int64_t draw(const torch::Tensor& logits, double temperature, double uniform) {
  if (temperature == 0) return logits.argmax().item<int64_t>();
  const auto p = torch::softmax(logits.to(torch::kFloat64) / temperature, 0).contiguous();
  const double* value = p.const_data_ptr<double>();
  int64_t last = 0;
  for (int64_t v = 0; v < p.numel(); ++v) {
    if (value[v] == 0) continue;
    last = v;
    uniform -= value[v];
    if (uniform < 0) break;
  }
  return last;
}

std::string sample_text(const SequenceRunner& runner, const text::Tokenizer& tokenizer, const SampleOptions& options) {
  if (options.length < 0) throw UsageError("sample", got_expected(cat("length ", options.length), "0 or more"));
  if (!(options.temperature >= 0))
    throw UsageError("sample", got_expected(cat("temperature ", options.temperature), "0 or more"));
  const RandomStream random(static_cast<uint64_t>(options.seed), "sample");
  std::vector<int64_t> ids{tokenizer.line_end()};
  tokenizer.encode_text(options.prefix, "--prefix", ids);
  auto state = runner.start(1);
  auto next = torch::tensor(ids, torch::kInt64).unsqueeze(1);
  for (int64_t n = 0; n < options.length; ++n) {
    const auto h = runner.hidden(next, state);
    ids.push_back(draw(runner.logits(h[-1])[0], options.temperature, random.at(static_cast<uint64_t>(n)).uniform()));
    next = torch::full({1, 1}, ids.back(), torch::kInt64);
  }
  return tokenizer.decode({ids.begin() + 1, ids.end()});
}

}  // namespace cairn::rnn
