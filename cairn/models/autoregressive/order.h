// In which order a model visits its variables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/random.h"

namespace cairn::autoregressive {

/// position -> variable, both from 0; a permutation of 0..D-1.
using Order = std::vector<int64_t>;

/// A member of an ensemble and the order in which it is followed.
struct Path {
  int64_t member = 0;
  Order order;
};

/// Names that `model.order` takes: "raster" (as the data lie in memory), "reverse", "column" (column by column of a
/// two-dimensional shape) and "random".
std::vector<std::string> order_names();

/// Where the label, the last variable of a joint model, stands in the order.
enum class LabelPlace { none, first, last };

struct OrderOptions {
  std::string name = "raster";
  std::vector<int64_t> shape;  ///< of one example, without the label
  LabelPlace label = LabelPlace::none;
};

/// Throws UsageError for "column" of a shape that is not two-dimensional.
Order make_order(const OrderOptions& options, const RandomStream& random);

/// variable -> position.
Order inverse(const Order& order);

}  // namespace cairn::autoregressive
