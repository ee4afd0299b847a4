#include "cairn/models/word2vec/parameters.h"

#include <ATen/Parallel.h>

#include "cairn/base/random.h"
#include "cairn/ops/logistic_pairs.h"

namespace cairn::word2vec {

Matrix::Matrix(int64_t rows, int64_t width)
    : padded_(torch::zeros({rows, ops::padded_width(width)}, torch::kFloat32)),
      data_(padded_.data_ptr<float>()),
      rows_(rows),
      width_(width),
      stride_(padded_.size(1)) {}

Matrix::Matrix(const torch::Tensor& values) : Matrix(values.size(0), values.size(1)) {
  this->values().copy_(values);
}

Parameters initial_parameters(const ParameterShape& shape) {
  Parameters parameters{.input = Matrix(shape.inputs, shape.dim), .output = Matrix(shape.outputs, shape.dim)};
  const RandomStream random(shape.seed, "vectors");
  at::parallel_for(0, shape.inputs, 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      RandomStream own = random.at(static_cast<uint64_t>(i));
      float* row = parameters.input.row(i);
      for (int64_t k = 0; k < shape.dim; ++k) {
        row[k] = static_cast<float>((own.bits() * 0x1p-32 - 0.5) / static_cast<double>(shape.dim));
      }
    }
  });
  return parameters;
}

}  // namespace cairn::word2vec
