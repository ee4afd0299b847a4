// One example's update: its rows found, their logistic pairs moved, the inputs' steps added to the rows.
#pragma once

#include <vector>

#include "cairn/models/word2vec/examples.h"
#include "cairn/models/word2vec/parameters.h"
#include "cairn/ops/logistic_pairs.h"

namespace cairn::word2vec {

/// Where an example's vectors are, in the order of its ids and outputs.
struct ExampleRows {
  std::vector<float*> inputs, outputs;

  /// `rows` has float* input(id) and float* output(id), of `width` floats; they are on their way into the cache
  /// afterwards.
  template <class Rows>
  void find(const ExampleView& example, const Rows& rows, int64_t width) {
    inputs.clear();
    outputs.clear();
    for (const int32_t id : example.outputs) outputs.push_back(fetched(rows.output(id), width));
    for (const int32_t id : example.ids) inputs.push_back(fetched(rows.input(id), width));
  }

 private:
  static float* fetched(float* row, int64_t width) {
    prefetch_row(row, width);
    return row;
  }
};

struct UpdateShape {
  int64_t width = 0, stride = 0;
  bool divided = true;  ///< the input gradient of a mean of m rows is divided by m (model.cbow: mean)
};

class ExampleUpdate {
 public:
  explicit ExampleUpdate(const UpdateShape& shape) : shape_(shape) {}
  /// Returns the example's loss before the update.
  double apply(const ExampleView& example, float lr, const ExampleRows& rows);

 private:
  const float* mean(const ExampleView& example, const ExampleRows& rows, int64_t b);
  void scatter(const ExampleView& example, const ExampleRows& rows);

  UpdateShape shape_;
  ops::LogisticPairs pairs_;
  std::vector<const float*> x_;
  std::vector<float> hidden_, p_, n_;
};

}  // namespace cairn::word2vec
