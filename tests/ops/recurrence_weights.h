// Random weights for the tests of the recurrent operators, over sequences and over images.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cairn/ops/recurrence.h"

namespace cairn::ops {

/// Which optional parts a test's operator has: bias, peepholes, projection, norm, and what a test adds.
using Parts = std::vector<std::string>;

inline bool has_part(const Parts& parts, const std::string& part) {
  return std::find(parts.begin(), parts.end(), part) != parts.end();
}

/// R, which differs from H where there is a projection.
inline int64_t state_size(const Parts& parts, int64_t H) {
  return has_part(parts, "projection") ? H / 2 + 1 : H;
}

/// For a state of H units that W sees `taps` times.
inline RecurrenceWeights random_weights(Cell cell, int64_t H, int64_t taps, const Parts& parts,
                                        const torch::TensorOptions& o) {
  const int64_t GH = gates_of(cell) * H, R = state_size(parts, H);
  const auto root = [](int64_t n) { return std::sqrt(static_cast<double>(n)); };
  RecurrenceWeights w;
  w.W = torch::randn({GH, taps * R}, o) / root(taps * R);
  if (has_part(parts, "bias")) w.b = torch::randn({GH}, o) * 0.3;
  if (has_part(parts, "peepholes")) w.peepholes = torch::randn({3, H}, o) * 0.5;
  if (has_part(parts, "projection")) w.projection = torch::randn({R, H}, o) / root(H);
  if (!has_part(parts, "norm")) return w;
  w.norm = 1 + 0.2 * torch::randn({GH}, o);
  if (cell == Cell::lstm) {
    w.cell_gain = 1 + 0.2 * torch::randn({H}, o);
    w.cell_bias = 0.2 * torch::randn({H}, o);
  }
  return w;
}

/// `others` and the weights, those that are there.
inline std::vector<torch::Tensor*> defined_of(std::vector<torch::Tensor*> others, RecurrenceWeights& w) {
  others.insert(others.end(), {&w.W, &w.b, &w.peepholes, &w.projection, &w.norm, &w.cell_gain, &w.cell_bias});
  std::erase_if(others, [](const torch::Tensor* t) { return !t->defined(); });
  return others;
}

/// Leaves that autograd knows, in place of what the pointers point to.
inline std::vector<torch::Tensor> made_leaves(const std::vector<torch::Tensor*>& tensors) {
  std::vector<torch::Tensor> leaves;
  for (auto* t : tensors) {
    *t = t->detach().clone().requires_grad_();
    leaves.push_back(*t);
  }
  return leaves;
}

inline double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
}

/// Results of the fused loop against those of the definition, in fp64.
inline void expect_equal(const std::vector<torch::Tensor>& got, const std::vector<torch::Tensor>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes()) << i;
    EXPECT_LT(difference(got[i], expected[i]), 1e-10) << "result " << i;
  }
}

}  // namespace cairn::ops
