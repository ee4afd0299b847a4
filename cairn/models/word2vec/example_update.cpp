#include "cairn/models/word2vec/example_update.h"

namespace cairn::word2vec {

/// The row itself where there is one alone.
const float* ExampleUpdate::mean(const Example& example, int64_t b) {
  const int32_t begin = example.begins[static_cast<size_t>(b)], end = example.begins[static_cast<size_t>(b) + 1];
  if (end - begin == 1) return inputs_[static_cast<size_t>(begin)];
  float* h = hidden_.data() + b * shape_.stride;
  std::fill_n(h, shape_.stride, 0.0f);
  for (int32_t i = begin; i < end; ++i) {
    const float* row = inputs_[static_cast<size_t>(i)];
    for (int64_t k = 0; k < shape_.width; ++k) h[k] += row[k];
  }
  const float scale = 1.0f / static_cast<float>(end - begin);
  for (int64_t k = 0; k < shape_.width; ++k) h[k] *= scale;
  return h;
}

void ExampleUpdate::scatter(const Example& example) {
  for (int64_t b = 0; b < example.B(); ++b) {
    const int32_t begin = example.begins[static_cast<size_t>(b)], end = example.begins[static_cast<size_t>(b) + 1];
    float* step = pairs_.step(b);
    if (end - begin > 1 && shape_.divided) {
      const float scale = 1.0f / static_cast<float>(end - begin);
      for (int64_t k = 0; k < shape_.width; ++k) step[k] *= scale;
    }
    for (int32_t i = begin; i < end; ++i) {
      float* row = inputs_[static_cast<size_t>(i)];
      for (int64_t k = 0; k < shape_.width; ++k) row[k] += step[k];
    }
  }
}

}  // namespace cairn::word2vec
