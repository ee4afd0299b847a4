#include "cairn/models/autoregressive/order.h"

#include <algorithm>
#include <numeric>

#include "cairn/base/error.h"

namespace cairn::autoregressive {

std::vector<std::string> order_names() {
  return {"raster", "reverse", "column", "random"};
}

namespace {

Order column_order(const std::vector<int64_t>& shape) {
  if (shape.size() != 2) {
    throw UsageError("model.order", cat("'column' ", got_expected(cat(shape.size(), " dimensions"), "2")));
  }
  Order order;
  for (int64_t column = 0; column < shape[1]; ++column) {
    for (int64_t row = 0; row < shape[0]; ++row) order.push_back(row * shape[1] + column);
  }
  return order;
}

Order pixel_order(const OrderOptions& options, const RandomStream& random) {
  if (options.name == "column") return column_order(options.shape);
  const int64_t size =
      std::accumulate(options.shape.begin(), options.shape.end(), int64_t{1}, std::multiplies<int64_t>());
  Order order(size);
  std::iota(order.begin(), order.end(), 0);
  if (options.name == "reverse") std::reverse(order.begin(), order.end());
  if (options.name == "random") {
    const Permutation permutation(size, random);
    for (int64_t i = 0; i < size; ++i) order[i] = static_cast<int64_t>(permutation[i]);
  }
  return order;
}

}  // namespace

Order make_order(const OrderOptions& options, const RandomStream& random) {
  Order order = pixel_order(options, random);
  const auto label = static_cast<int64_t>(order.size());
  if (options.label == LabelPlace::first) order.insert(order.begin(), label);
  if (options.label == LabelPlace::last) order.push_back(label);
  return order;
}

Order inverse(const Order& order) {
  Order positions(order.size());
  for (size_t i = 0; i < order.size(); ++i) positions[order[i]] = static_cast<int64_t>(i);
  return positions;
}

}  // namespace cairn::autoregressive
