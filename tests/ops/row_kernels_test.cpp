// Row kernels: the same bits for every instruction set, and accuracy against double.
#include "cairn/ops/row_kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <vector>

#include <hwy/highway.h>

#include <torch/types.h>

#include "cairn/base/random.h"
#include "cairn/ops/cell_kernels.h"
#include "cairn/ops/packed_matrix.h"

namespace cairn::ops {
namespace {

std::vector<float> random_row(int64_t n, uint64_t seed, double scale = 1) {
  RandomStream random(seed, "row");
  std::vector<float> row(n);
  for (auto& value : row) value = static_cast<float>(random.normal() * scale);
  return row;
}

const std::vector<int64_t> kLengths = {0, 1, 3, 15, 16, 17, 63, 64, 65, 127, 128, 500, 784, 2001};

/// What `compute` gives on each instruction set that this machine has must be the same bits.
void expect_same_on_all_targets(const std::function<std::vector<float>()>& compute) {
  const auto expected = compute();
  int targets = 0;
  for (int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & -rest);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    const auto got = compute();
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    ASSERT_EQ(got.size(), expected.size());
    for (size_t k = 0; k < got.size(); ++k) {
      ASSERT_EQ(std::bit_cast<uint32_t>(got[k]), std::bit_cast<uint32_t>(expected[k]))
          << hwy::TargetName(rest & -rest) << " element " << k;
    }
    ++targets;
  }
  EXPECT_GE(targets, 1);
}

/// The order of additions as row_kernels.h states it.
float dot_as_documented(const std::vector<float>& a, const std::vector<float>& b) {
  float sums[64] = {};
  for (size_t k = 0; k < a.size(); ++k) sums[k % 64] = std::fma(a[k], b[k], sums[k % 64]);
  for (int half = 32; half > 0; half /= 2) {
    for (int j = 0; j < half; ++j) sums[j] += sums[j + half];
  }
  return sums[0];
}

TEST(RowKernels, DotIsTheDocumentedSumOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto a = random_row(n, 1), b = random_row(n, 2);
    EXPECT_EQ(dot(a.data(), b.data(), n), dot_as_documented(a, b)) << n;
    expect_same_on_all_targets([&] { return std::vector<float>{dot(a.data(), b.data(), n)}; });
  }
}

TEST(RowKernels, DotIsAccurate) {
  const auto a = random_row(2001, 1), b = random_row(2001, 2);
  double exact = 0;
  for (size_t k = 0; k < a.size(); ++k) exact += static_cast<double>(a[k]) * b[k];
  EXPECT_NEAR(dot(a.data(), b.data(), 2001), exact, 1e-4);
}

TEST(RowKernels, DotRowsIsDotOfEachRow) {
  const int64_t stride = 510, n = 500;
  const auto rows = random_row(7 * stride, 3), h = random_row(n, 4);
  std::vector<float> out(7);
  dot_rows(rows.data(), 7, stride, h.data(), n, out.data());
  for (int64_t r = 0; r < 7; ++r) EXPECT_EQ(out[r], dot(rows.data() + r * stride, h.data(), n)) << r;
  dot_rows(rows.data(), 0, stride, h.data(), n, out.data());
}

TEST(RowKernels, SigmoidIsAccurateAndTheSameOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto a = random_row(n, 5, 8);
    const auto compute = [&] {
      std::vector<float> h(n);
      sigmoid(a.data(), h.data(), n);
      return h;
    };
    const auto h = compute();
    for (int64_t k = 0; k < n; ++k) {
      const double exact = 1 / (1 + std::exp(-static_cast<double>(a[k])));
      EXPECT_NEAR(h[k] / exact, 1, 3e-7) << a[k];
    }
    expect_same_on_all_targets(compute);
  }
}

TEST(RowKernels, GateIsAccurateAndTheSameOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto a = random_row(2 * n, 6, 4);
    const auto compute = [&] {
      std::vector<float> h(n);
      gate(a.data(), h.data(), n);
      return h;
    };
    const auto h = compute();
    for (int64_t k = 0; k < n; ++k) {
      const double f = a[k], g = a[n + k];
      EXPECT_NEAR(h[k], std::tanh(f) / (1 + std::exp(-g)), 4e-7) << f << " " << g;
    }
    expect_same_on_all_targets(compute);
  }
}

TEST(RowKernels, LstmIsAccurateAndTheSameOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto x = random_row(4 * n, 10, 3), a = random_row(4 * n, 11, 2), c = random_row(n, 12, 2);
    const auto compute = [&] {
      std::vector<float> gates(a), out(2 * n);  // c', h'
      exact_lstm_forward({.H = n,
                          .x = x.data(),
                          .a = gates.data(),
                          .c = c.data(),
                          .gates = gates.data(),
                          .c_next = out.data(),
                          .h_next = out.data() + n});
      return out;
    };
    const auto out = compute();
    const auto sigma = [](double v) { return 1 / (1 + std::exp(-v)); };
    for (int64_t k = 0; k < n; ++k) {
      const auto pre = [&](int64_t gate) { return static_cast<double>(x[gate * n + k]) + a[gate * n + k]; };
      const double next = sigma(pre(1)) * c[k] + sigma(pre(0)) * std::tanh(pre(2));
      EXPECT_NEAR(out[k], next, 2e-6);
      EXPECT_NEAR(out[n + k], sigma(pre(3)) * std::tanh(next), 2e-6);
    }
    expect_same_on_all_targets(compute);
  }
}

TEST(RowKernels, PackedProductsAreSumsOfFusedProductsOnEveryTarget) {
  const int64_t rows = 7, inputs = 45, outputs = 50;
  const auto x = random_row(rows * inputs, 8), matrix = random_row(outputs * inputs, 9);
  const auto weight = torch::tensor(matrix).view({outputs, inputs}), in = torch::tensor(x).view({rows, inputs});
  const auto compute = [&] {
    const auto y = PackedMatrix(weight).multiply(in);
    return std::vector<float>(y.data_ptr<float>(), y.data_ptr<float>() + y.numel());
  };
  const auto y = compute();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t o = 0; o < outputs; ++o) {
      float sum = 0;
      for (int64_t k = 0; k < inputs; ++k) sum = std::fma(x[r * inputs + k], matrix[o * inputs + k], sum);
      EXPECT_EQ(y[r * outputs + o], sum);
    }
  }
  expect_same_on_all_targets(compute);
}

TEST(RowKernels, SigmoidAtTheEnds) {
  std::vector<float> a = {-1e30f, -100, 0, 100, 1e30f, NAN}, h(6);
  sigmoid(a.data(), h.data(), 6);
  EXPECT_GE(h[0], 0);
  EXPECT_LT(h[0], 1e-37);
  EXPECT_LT(h[1], 1e-37);
  EXPECT_EQ(h[2], 0.5f);
  EXPECT_EQ(h[3], 1);
  EXPECT_EQ(h[4], 1);
  EXPECT_TRUE(std::isnan(h[5]));
  sigmoid(a.data(), a.data(), 6);  // in place
  EXPECT_EQ(a[2], 0.5f);
}

TEST(RowKernels, AddRowAndRelu) {
  std::vector<float> a = {1, -2, 3};
  const std::vector<float> w = {0.5, 1, -4};
  add_row(a.data(), w.data(), 3);
  EXPECT_EQ(a, (std::vector<float>{1.5, -1, -1}));
  relu(a.data(), a.data(), 3);
  EXPECT_EQ(a, (std::vector<float>{1.5, 0, 0}));
}

TEST(ExactMath, ExpAndLogAreAccurate) {
  RandomStream random(6, "exact");
  for (int i = 0; i < 20000; ++i) {
    const double x = (random.uniform() - 0.5) * 1400;
    EXPECT_NEAR(exp(x) / std::exp(x), 1, 1e-15) << x;
    const double y = std::exp(x);
    EXPECT_NEAR(log(y), std::log(y), 1e-15 * std::max(1.0, std::abs(x))) << y;
  }
  EXPECT_EQ(exp(0), 1);
  EXPECT_EQ(exp(-1000), 0);
  EXPECT_EQ(log(1), 0);
  for (const double x : {1 + 1e-9, 1 - 1e-9, 0.5, 2.0, 3.0})
    EXPECT_NEAR(log(x), std::log(x), 2e-16 + 1e-16 * std::abs(std::log(x)));
}

TEST(ExactMath, ProbabilitiesSumToOneAndMatchTheirLogarithms) {
  for (const double scale : {0.1, 3.0, 60.0}) {
    const auto logits = random_row(9, 7, scale);
    for (const int64_t rows : {1, 4, 9}) {
      double total = 0;
      std::vector<double> together(rows + 1);
      probabilities(logits.data(), rows, together.data());
      for (int64_t level = 0; level <= rows; ++level) {
        const double p = probability(logits.data(), rows, level);
        EXPECT_EQ(p, together[level]);
        total += p;
        if (p > 0) {
          EXPECT_NEAR(log_probability(logits.data(), rows, level), std::log(p), 1e-13);
        }
      }
      EXPECT_NEAR(total, 1, 1e-14);
    }
  }
  const float certain = 1e5f;
  EXPECT_EQ(probability(&certain, 1, 1), 1);
  EXPECT_EQ(log_probability(&certain, 1, 0), -1e5);
}

}  // namespace
}  // namespace cairn::ops
