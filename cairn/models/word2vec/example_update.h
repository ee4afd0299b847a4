// One example's update: vectors gathered, their logistic pairs moved, the
// inputs' steps scattered.
#pragma once

#include <vector>

#include "cairn/models/word2vec/examples.h"
#include "cairn/ops/logistic_pairs.h"

namespace cairn::word2vec {

struct UpdateShape {
  int64_t width = 0, stride = 0;
  bool divided = true;  ///< the input gradient of a mean of m rows is divided by
                        ///< m (model.cbow: mean)
};

class ExampleUpdate {
 public:
  explicit ExampleUpdate(const UpdateShape& shape) : shape_(shape) {}

  /// `rows` has float* input(id) and float* output(id). Returns the example's
  /// loss before the update.
  template <class Rows>
  double apply(const Example& example, float lr, Rows& rows) {
    gather(example, rows);
    const double loss = pairs_.update({.x = x_.data(),
                                       .c = c_.data(),
                                       .p = example.p.data(),
                                       .n = example.n.data(),
                                       .B = example.B(),
                                       .U = example.U(),
                                       .width = shape_.width,
                                       .stride = shape_.stride,
                                       .lr = lr});
    scatter(example);
    return loss;
  }

 private:
  template <class Rows>
  void gather(const Example& example, Rows& rows) {
    inputs_.clear();
    c_.clear();
    x_.clear();
    for (const int32_t id : example.ids) inputs_.push_back(rows.input(id));
    for (const int32_t id : example.outputs) c_.push_back(rows.output(id));
    hidden_.resize(static_cast<size_t>(example.B() * shape_.stride));
    for (int64_t b = 0; b < example.B(); ++b) x_.push_back(mean(example, b));
  }
  const float* mean(const Example& example, int64_t b);
  void scatter(const Example& example);

  UpdateShape shape_;
  ops::LogisticPairs pairs_;
  std::vector<float*> inputs_, c_;
  std::vector<const float*> x_;
  std::vector<float> hidden_;
};

}  // namespace cairn::word2vec
