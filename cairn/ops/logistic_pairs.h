// Blocks of logistic pairs: the one update behind skip-gram and CBOW, negative sampling and hierarchical softmax.
//
// Rows x_b (inputs or hidden vectors) meet rows c_u (outputs). Pair (b, u) is seen p_bu times as a true one and n_bu
// times as a false one (Mikolov et al. 2013b, eq. 4; eq. 3 for the nodes of a Huffman path), so that the loss is
//
//   L = sum_bu  p_bu softplus(-s_bu) + n_bu softplus(s_bu),      s_bu = x_b . c_u
//   -dL/ds_bu = g_bu = p_bu (1 - sigmoid(s_bu)) - n_bu sigmoid(s_bu)
//
// The fast kernel computes all scores first, then both gradients from the rows as they were.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn::ops {

/// Rows are padded with zeros to a multiple of this many floats.
constexpr int64_t kPairLanes = 16;
inline int64_t padded_width(int64_t width) {
  return (width + kPairLanes - 1) / kPairLanes * kPairLanes;
}

/// One block; the rows c_u must be different ones. `stride` is the padded width.
struct PairBlock {
  const float* const* x = nullptr;  ///< [B] rows
  float* const* c = nullptr;        ///< [U] rows, updated in place
  const float* p = nullptr;         ///< [B, U] true counts, row-major, >= 0
  const float* n = nullptr;         ///< [B, U] false counts
  int64_t B = 0, U = 0;
  int64_t width = 0, stride = 0;
  float lr = 0;
};

class LogisticPairs {
 public:
  /// c_u += lr sum_b g_bu x_b. Returns L at the rows as they were; afterwards step(b) is lr sum_u g_bu c_u (c_u as it
  /// was), [stride] floats, for the caller to add where x_b came from.
  double update(const PairBlock& block);
  float* step(int64_t b) { return steps_.data() + b * stride_; }

 private:
  std::vector<float> steps_, scores_;
  int64_t stride_ = 0;
};

}  // namespace cairn::ops
