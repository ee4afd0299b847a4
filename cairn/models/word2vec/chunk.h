// A shard's examples of one round, one behind the other, and which rows they touch. None of it depends on the vectors:
// it is there before any of them moves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cairn/models/word2vec/examples.h"

namespace cairn::word2vec {

struct TouchedRow {
  int32_t row = 0;
  int32_t touches = 0;  ///< how often, over all examples of a chunk
};

/// A row's place in a list of rows. Kept by a thread, for one list after the other.
class RowNumbers {
 public:
  explicit RowNumbers(int64_t rows) : numbers_(static_cast<size_t>(rows), 0) {}
  /// Begins a new list.
  void begin(std::vector<TouchedRow>& touched);
  /// The place of `row`, which is touched `times` more often.
  int32_t touch(int32_t row, int32_t times = 1) {
    int32_t number = numbers_[static_cast<size_t>(row)] - base_;
    if (number < 0) number = add(row);
    (*touched_)[static_cast<size_t>(number)].touches += times;
    return number;
  }

 private:
  int32_t add(int32_t row);

  std::vector<TouchedRow>* touched_ = nullptr;
  int32_t base_ = 1, used_ = 0;   // numbers below base are of earlier lists; used so far in this one
  std::vector<int32_t> numbers_;  // by row: base + place
};

class Chunk {
 public:
  struct Numbers {
    RowNumbers inputs, outputs;
  };

  /// All examples of `stream`, with places in inputs() and outputs() for the numbers of rows.
  void fill(ExampleStream stream, Numbers& numbers);

  size_t size() const { return ends_.size() - 1; }
  ExampleView operator[](size_t i) const;
  const std::vector<TouchedRow>& inputs() const { return inputs_; }
  const std::vector<TouchedRow>& outputs() const { return outputs_; }

 private:
  struct End {
    size_t ids = 0, own = 0, columns = 0;
    int64_t positives = 0;
  };
  void append(const Example& example, Numbers& numbers);

  std::vector<TouchedRow> inputs_, outputs_;
  std::vector<int32_t> ids_, begins_, own_, columns_;
  std::vector<float> truly_, falsely_;
  std::vector<End> ends_{1};  // of the examples before, then of each
};

}  // namespace cairn::word2vec
