// The table C(s, t, m) of the planner (planner.h), bytes in slots.
#pragma once

#include <vector>

#include "cairn/train/checkpointing/profile.h"

namespace cairn::checkpointing {

class DynamicProgram {
 public:
  /// `slot` >= 1 bytes to a slot; m = 0 .. `slots`. Sizes are rounded to the nearest slot.
  DynamicProgram(const Profile& profile, int64_t slot, int64_t slots);

  /// Seconds of the whole chain with m slots; infinite if it does not fit.
  double seconds(int64_t m) const { return at(1, stages_, m); }
  /// The schedule behind `seconds(m)`, which must be finite.
  Schedule schedule(int64_t m) const;

 private:
  using Row = std::vector<float>;  // by m

  int64_t in_slots(int64_t bytes) const { return (bytes + slot_ / 2) / slot_; }
  float at(size_t s, size_t t, int64_t m) const;
  size_t index(size_t s, size_t t) const { return (s - 1) * stages_ + t - 1; }
  const Row& row(size_t s, size_t t) const { return rows_[index(s, t)]; }
  Row& row(size_t s, size_t t) { return rows_[index(s, t)]; }

  void fill(size_t s, size_t t);
  /// Slots that must be free for the operations which begin the two kinds of solutions.
  int64_t needed_to_tape(size_t s, size_t t) const;
  int64_t needed_to_run(size_t s, size_t l, size_t t) const;
  /// Bytes that are there before stages s .. t run forward: the gradient of a^t and those of later parameters.
  int64_t standing(size_t t) const;
  void collect(size_t s, size_t t, int64_t m, Schedule& schedule) const;

  Profile profile_;
  HandedOn handed_on_;
  size_t stages_;
  int64_t slot_, slots_;
  std::vector<int64_t> later_gradients_;  // [l]: bytes of parameter gradients made by stages after l
  std::vector<double> forward_until_;     // [l]: seconds of stages 1 .. l forward
  std::vector<Row> rows_;
  std::vector<int64_t> enough_;  // slots with which stages s .. t are all taped, be there so many or not
};

}  // namespace cairn::checkpointing
