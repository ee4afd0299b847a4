// The two matrices that word2vec learns.
#pragma once

#include <cstdint>

#include <torch/types.h>

namespace cairn::word2vec {

/// Rows of `width` floats, padded with zeros to ops::padded_width(width).
class Matrix {
 public:
  Matrix() = default;
  Matrix(int64_t rows, int64_t width);  ///< zeros
  /// A padded copy of values [rows, width].
  explicit Matrix(const torch::Tensor& values);

  float* row(int64_t i) { return data_ + i * stride_; }
  const float* row(int64_t i) const { return data_ + i * stride_; }
  int64_t rows() const { return rows_; }
  int64_t width() const { return width_; }
  int64_t stride() const { return stride_; }
  /// [rows, width], sharing this memory.
  torch::Tensor values() const { return padded_.narrow(1, 0, width_); }

 private:
  torch::Tensor padded_;
  float* data_ = nullptr;
  int64_t rows_ = 0, width_ = 0, stride_ = 0;
};

/// Fetches a row that is going to be changed into the cache.
inline void prefetch_row(const float* row, int64_t width) {
  for (int64_t k = 0; k < width; k += 16) __builtin_prefetch(row + k, /*rw=*/1);
}

struct Parameters {
  Matrix input;   ///< [words + n-gram buckets, dim]: the vectors
  Matrix output;  ///< [words, dim] for negative sampling, [inner nodes, dim] for hierarchical softmax
};

struct ParameterShape {
  int64_t inputs = 0, outputs = 0, dim = 0;
  uint64_t seed = 0;
};

/// Inputs uniform in [-0.5, 0.5) / dim, each row a function of the seed and its number; outputs zero (as word2vec.c).
Parameters initial_parameters(const ParameterShape& shape);

}  // namespace cairn::word2vec
