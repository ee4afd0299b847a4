#include "cairn/models/word2vec/example_update.h"

#include "cairn/ops/row_sums.h"

namespace cairn::word2vec {

namespace {

void make_room(std::vector<float>& buffer, int64_t size) {
  if (static_cast<int64_t>(buffer.size()) < size) buffer.resize(static_cast<size_t>(size));
}

}  // namespace

double ExampleUpdate::apply(const ExampleView& example, float lr, const ExampleRows& rows) {
  make_room(hidden_, example.B() * shape_.stride);
  for (auto* counts : {&p_, &n_}) make_room(*counts, example.B() * example.U() + ops::kPairLanes);
  expand_counts(example, p_.data(), n_.data());
  x_.clear();
  for (int64_t b = 0; b < example.B(); ++b) x_.push_back(mean(example, rows, b));
  const double loss = pairs_.update({.x = x_.data(),
                                     .c = rows.outputs.data(),
                                     .p = p_.data(),
                                     .n = n_.data(),
                                     .B = example.B(),
                                     .U = example.U(),
                                     .width = shape_.width,
                                     .stride = shape_.stride,
                                     .lr = lr});
  scatter(example, rows);
  return loss;
}

/// The row itself where there is one alone.
const float* ExampleUpdate::mean(const ExampleView& example, const ExampleRows& rows, int64_t b) {
  const int32_t begin = example.begins[static_cast<size_t>(b)],
                count = example.begins[static_cast<size_t>(b) + 1] - begin;
  if (count == 1) return rows.inputs[static_cast<size_t>(begin)];
  float* h = hidden_.data() + b * shape_.stride;
  ops::mean_of_rows(rows.inputs.data() + begin, count, shape_.stride, h);
  return h;
}

void ExampleUpdate::scatter(const ExampleView& example, const ExampleRows& rows) {
  for (int64_t b = 0; b < example.B(); ++b) {
    const int32_t begin = example.begins[static_cast<size_t>(b)],
                  count = example.begins[static_cast<size_t>(b) + 1] - begin;
    const float scale = shape_.divided ? 1.0f / static_cast<float>(count) : 1.0f;
    ops::add_to_rows({.step = pairs_.step(b), .scale = scale, .stride = shape_.stride}, rows.inputs.data() + begin,
                     count);
  }
}

}  // namespace cairn::word2vec
