#include "cairn/data/token_rows.h"

#include <algorithm>

namespace cairn::data {

void TokenRows::add(std::span<const int64_t> tokens) {
  for (const int64_t token : tokens) tokens_.push_back(static_cast<int32_t>(token));
  ends_.push_back(static_cast<int64_t>(tokens_.size()));
}

int64_t TokenRows::length(int64_t row) const {
  return ends_[static_cast<size_t>(row)] - begin(row);
}

std::span<const int32_t> TokenRows::operator[](int64_t row) const {
  return {tokens_.data() + begin(row), static_cast<size_t>(length(row))};
}

PaddedRows padded_rows(const TokenRows& rows, std::span<const int64_t> which, int64_t padding) {
  int64_t T = 0;
  for (const int64_t row : which) T = std::max(T, rows.length(row));
  const auto B = static_cast<int64_t>(which.size());
  PaddedRows padded{torch::full({B, T}, padding, torch::kInt64), torch::empty({B}, torch::kInt64)};
  auto* to = padded.tokens.data_ptr<int64_t>();
  auto* lengths = padded.lengths.data_ptr<int64_t>();
  for (int64_t b = 0; b < B; ++b) {
    const auto row = rows[which[static_cast<size_t>(b)]];
    std::copy(row.begin(), row.end(), to + b * T);
    lengths[b] = static_cast<int64_t>(row.size());
  }
  return padded;
}

}  // namespace cairn::data
