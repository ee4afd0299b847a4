#include "cairn/models/word2vec/noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cairn::word2vec {

Noise::Noise(const std::vector<int64_t>& counts, double exponent) : columns_(counts.size()) {
  std::vector<double> share(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) share[i] = std::pow(static_cast<double>(counts[i]), exponent);
  const double total = std::accumulate(share.begin(), share.end(), 0.0);
  std::vector<int32_t> poor, rich;
  for (size_t i = 0; i < counts.size(); ++i) {
    share[i] *= static_cast<double>(counts.size()) / total;
    (share[i] < 1 ? poor : rich).push_back(static_cast<int32_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {
    const int32_t small = poor.back(), large = rich.back();
    poor.pop_back();
    columns_[small] = {static_cast<uint32_t>(std::min(share[small] * 0x1p32, 0x1p32 - 1)), large};
    share[large] -= 1 - share[small];
    if (share[large] < 1) {
      rich.pop_back();
      poor.push_back(large);
    }
  }
  for (const auto* rest : {&poor, &rich}) {
    for (const int32_t i : *rest) columns_[i] = {UINT32_MAX, i};
  }
}

}  // namespace cairn::word2vec
