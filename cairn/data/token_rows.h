// Many rows of tokens, each of its own length, in one piece of memory.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <torch/types.h>

namespace cairn::data {

class TokenRows {
 public:
  void add(std::span<const int64_t> tokens);
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }
  int64_t length(int64_t row) const;
  std::span<const int32_t> operator[](int64_t row) const;

 private:
  int64_t begin(int64_t row) const { return row == 0 ? 0 : ends_[static_cast<size_t>(row - 1)]; }

  std::vector<int32_t> tokens_;
  std::vector<int64_t> ends_;
};

/// Some rows side by side.
struct PaddedRows {
  torch::Tensor tokens;   ///< [B, T] int64, T the longest; `padding` behind the shorter ones
  torch::Tensor lengths;  ///< [B] int64
};
PaddedRows padded_rows(const TokenRows& rows, std::span<const int64_t> which, int64_t padding);

}  // namespace cairn::data
