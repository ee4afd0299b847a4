#include "cairn/data/memory_problems.h"

#include "cairn/base/error.h"
#include "cairn/data/stream_place.h"

namespace cairn::data {

namespace {

using Kind = MemoryProblem::Kind;

/// One sequence to copy: x [T + 20, 10] zeros, y [10].
void draw_copy(int64_t T, RandomStream random, torch::Tensor x, torch::Tensor y) {
  auto input = x.accessor<float, 2>();
  auto symbols = y.accessor<int64_t, 1>();
  constexpr int64_t kBlank = kCopySymbols, kSign = kCopySymbols + 1;
  for (int64_t t = 0; t < T + 2 * kCopyCount; ++t) {
    if (t < kCopyCount) symbols[t] = static_cast<int64_t>(random.below(kCopySymbols));
    input[t][t < kCopyCount ? symbols[t] : t == T + kCopyCount - 1 ? kSign : kBlank] = 1;
  }
}

/// One sequence to add in: x [T, 2] zeros; returns the sum.
float draw_adding(int64_t T, RandomStream random, torch::Tensor x) {
  auto input = x.accessor<float, 2>();
  for (int64_t t = 0; t < T; ++t) input[t][0] = static_cast<float>(random.uniform());
  const int64_t half = T / 2;
  const auto a = static_cast<int64_t>(random.below(static_cast<uint64_t>(half)));
  const auto b = half + static_cast<int64_t>(random.below(static_cast<uint64_t>(T - half)));
  input[a][1] = input[b][1] = 1;
  return input[a][0] + input[b][0];
}

}  // namespace

void check_problem(const MemoryProblem& problem) {
  const int64_t least = problem.kind == Kind::copy ? 1 : 2;
  if (problem.T < least) throw UsageError("data.length", got_expected(problem.T, cat("at least ", least)));
}

MemorySequences draw_sequences(const MemoryProblem& problem, int64_t begin, int64_t count, RandomStream random) {
  check_problem(problem);
  const bool copy = problem.kind == Kind::copy;
  MemorySequences drawn{torch::zeros({count, problem.steps(), problem.inputs()}),
                        copy ? torch::empty({count, kCopyCount}, torch::kInt64) : torch::empty({count})};
  for (int64_t b = 0; b < count; ++b) {
    const auto own = random.at(static_cast<uint64_t>(begin + b));
    if (copy) {
      draw_copy(problem.T, own, drawn.x[b], drawn.y[b]);
    } else {
      drawn.y[b] = draw_adding(problem.T, own, drawn.x[b]);
    }
  }
  return drawn;
}

MemoryStream::MemoryStream(MemoryProblem problem, int64_t batch, RandomStream random)
    : problem_(problem), batch_(batch), random_(random) {
  check_problem(problem_);
  if (batch_ < 1) throw UsageError("train.batch", got_expected(batch_, "at least 1"));
}

Batch MemoryStream::next() {
  auto drawn = draw_sequences(problem_, next_, batch_, random_);
  Batch batch{.tensors = {{"x", drawn.x}, {"y", drawn.y}},
              .index = torch::arange(next_, next_ + batch_, torch::kInt64)};
  next_ += batch_;
  return batch;
}

Json MemoryStream::position() const {
  return {{"next", next_}};
}

void MemoryStream::seek(const Json& position) {
  next_ = drawn_so_far(position);
}

int64_t MemoryStream::batches_per_epoch() const {
  constexpr int64_t kEpoch = 10000;
  return (kEpoch + batch_ - 1) / batch_;
}

}  // namespace cairn::data
