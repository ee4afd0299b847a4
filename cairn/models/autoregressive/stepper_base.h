// The bookkeeping that all steppers share: which variable is next, and the loop over examples.
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>

#include <ATen/Parallel.h>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

class StepperBase : public Stepper {
 public:
  StepperBase(const DensityModel& model, Order order, int64_t examples)
      : variables_(model.variables()), order_(std::move(order)), examples_(examples) {}

 protected:
  int64_t examples() const { return examples_; }
  int64_t position() const { return position_; }
  const Order& order() const { return order_; }
  const ops::Variables& variables() const { return variables_; }
  bool done() const { return position_ == static_cast<int64_t>(order_.size()); }
  int64_t variable() const { return order_[position_]; }
  /// First row of the current variable, and how many it has (K - 1).
  int64_t first_row() const { return variables_.offsets[variable()]; }
  int64_t row_count() const { return variables_.levels[variable()] - 1; }
  /// The input row of the current variable's value; call with value > 0.
  int64_t row_of(int64_t value) const { return first_row() + value - 1; }
  void advance() { ++position_; }

  /// Calls body(n) for every example, in parallel; examples never share a write.
  template <class Body>
  void each_example(const Body& body) const {
    at::parallel_for(0, examples_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) body(n);
    });
  }

 private:
  ops::Variables variables_;
  Order order_;
  int64_t examples_;
  int64_t position_ = 0;
};

}  // namespace cairn::autoregressive
