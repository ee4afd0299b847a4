// The order in which sequences of like length stand side by side.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace cairn {

/// The places of `sequences` by falling size(); equal ones in their own order.
template <class Sequence>
std::vector<size_t> longest_first(const std::vector<Sequence>& sequences) {
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t k) { return sequences[k].size(); });
  return order;
}

}  // namespace cairn
