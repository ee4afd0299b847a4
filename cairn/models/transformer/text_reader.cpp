#include "cairn/models/transformer/text_reader.h"

#include <algorithm>

namespace cairn::transformer {

namespace {

constexpr size_t kPiece = 1024;  // tokens side by side

}  // namespace

TextReader::TextReader(const TransformerRunner& runner, int64_t start)
    : runner_(runner), state_(runner.network().start()), newest_(start) {}

std::vector<double> TextReader::read(const std::vector<int64_t>& tokens) {
  std::vector<double> nats;
  for (size_t begin = 0; begin < tokens.size(); begin += kPiece) {
    const size_t end = std::min(begin + kPiece, tokens.size());
    const std::vector<int64_t> next(tokens.begin() + static_cast<std::ptrdiff_t>(begin),
                                    tokens.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<int64_t> seen{newest_};
    seen.insert(seen.end(), next.begin(), next.end() - 1);
    const auto log_p = runner_.read(torch::tensor(seen).unsqueeze(0), state_)[0];
    const auto own = log_p.gather(1, torch::tensor(next).unsqueeze(1)).to(torch::kFloat64).contiguous();
    nats.insert(nats.end(), own.const_data_ptr<double>(), own.const_data_ptr<double>() + own.numel());
    newest_ = next.back();
  }
  return nats;
}

int64_t TextReader::state_bytes() const {
  int64_t bytes = 0;
  for (const auto& layer : state_.layers) bytes += layer.self->bytes();
  return bytes;
}

}  // namespace cairn::transformer
