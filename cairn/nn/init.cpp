#include "cairn/nn/init.h"

#include <cmath>

namespace cairn::nn {

namespace {

template <class Draw>
torch::Tensor filled(torch::IntArrayRef shape, const Draw& draw) {
  const auto values = torch::empty(shape, torch::kFloat32);
  float* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(draw());
  return values;
}

}  // namespace

torch::Tensor uniform(torch::IntArrayRef shape, double bound, RandomStream random) {
  return filled(shape, [&] { return bound * (2 * random.uniform() - 1); });
}

torch::Tensor normal(torch::IntArrayRef shape, double deviation, RandomStream random) {
  return filled(shape, [&] { return deviation * random.normal(); });
}

torch::Tensor glorot(int64_t fan_out, int64_t fan_in, RandomStream random) {
  return uniform({fan_out, fan_in}, std::sqrt(6.0 / static_cast<double>(fan_in + fan_out)), random);
}

torch::Tensor he(int64_t fan_out, int64_t fan_in, RandomStream random) {
  return normal({fan_out, fan_in}, std::sqrt(2.0 / static_cast<double>(fan_in)), random);
}

}  // namespace cairn::nn
