// Two problems that only a long memory solves, in the form of Arjovsky, Shah & Bengio 2016 (arXiv 1511.06464, section
// 4), after Hochreiter & Schmidhuber 1997. Sequences are drawn as they are needed; none is ever seen twice.
//
//   copy:    10 symbols of 8, T - 1 blanks, a sign, 10 blanks; at the last 10 steps the symbols are to be repeated
//   adding:  T numbers in [0, 1), two of them marked, one in each half; their sum is wanted at the end
#pragma once

#include <string>

#include "cairn/data/stream.h"

namespace cairn::data {

constexpr int64_t kCopySymbols = 8;
constexpr int64_t kCopyCount = 10;

struct MemoryProblem {
  enum class Kind { copy, adding };
  Kind kind = Kind::copy;
  int64_t T = 100;  ///< adding: at least 2; copy: at least 1

  int64_t steps() const { return kind == Kind::copy ? T + 2 * kCopyCount : T; }
  int64_t inputs() const { return kind == Kind::copy ? kCopySymbols + 2 : 2; }
};

/// Throws UsageError for a T that is too small.
void check_problem(const MemoryProblem& problem);

struct MemorySequences {
  /// [B, steps(), inputs()] float32: copy: one-hot (symbols, blank, sign); adding: number, mark 0 or 1
  torch::Tensor x;
  torch::Tensor y;  ///< copy: [B, 10] int64, 0 .. 7; adding: [B] float32
};

/// Sequences begin .. begin + count - 1 of `random`; each depends on its number alone. Throws UsageError for a T that
/// is too small.
MemorySequences draw_sequences(const MemoryProblem& problem, int64_t begin, int64_t count, RandomStream random);

/// Batches "x", "y" of a problem without end; an epoch is counted as 10,000 sequences.
class MemoryStream : public Stream {
 public:
  MemoryStream(MemoryProblem problem, int64_t batch, RandomStream random);

  Batch next() override;
  /// {"next": sequences drawn}
  Json position() const override;
  void seek(const Json& position) override;
  int64_t batches_per_epoch() const override;

 private:
  MemoryProblem problem_;
  int64_t batch_;
  RandomStream random_;
  int64_t next_ = 0;
};

}  // namespace cairn::data
