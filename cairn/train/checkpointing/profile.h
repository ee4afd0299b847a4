// What each stage of a chain costs, in bytes and seconds: measured on the network itself, or declared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/train/checkpointing/schedule.h"

namespace cairn::checkpointing {

/// In the symbols of Beaumont et al. 2019. Overheads are what an operation needs for a moment beside what stays.
struct StageCost {
  std::string name;
  int64_t output = 0;               ///< w_a: bytes of a^l
  int64_t handed_on = 0;            ///< of these, bytes of tensors of a^(l-1) that a^l holds as they are
  int64_t tape = 0;                 ///< w_abar: bytes that a taped forward adds, a^l included, a^(l-1) not
  int64_t output_gradient = 0;      ///< w_delta: bytes of the gradient of a^l
  int64_t forward_overhead = 0;     ///< o_f of a forward without tape
  int64_t taping_overhead = 0;      ///< o_f of a taped forward
  int64_t backward_overhead = 0;    ///< o_b: peak of the backward above tape and output gradient
  int64_t parameter_gradients = 0;  ///< bytes that stay after the backward: gradients no later stage has made before
  int64_t conditions = 0;           ///< bytes that its first forward leaves, to make it again: states of random numbers
  double forward_seconds = 0;       ///< u_f
  double taping_seconds = 0;        ///< u_f of a taped forward
  double backward_seconds = 0;      ///< u_b

  int64_t made() const { return output - handed_on; }  ///< bytes of a^l that its forward adds to a^(l-1)
};

struct Profile {
  std::vector<StageCost> stages;
  int64_t input_gradient = 0;  ///< bytes of the gradient of a^0; 0 if none is wanted

  size_t size() const { return stages.size(); }
  const StageCost& stage(size_t l) const { return stages[l - 1]; }
};

/// A chain of stages that all cost the same: output 1, tape `tape`, no overheads; a forward takes 1, a backward 2.
Profile homogeneous(size_t stages, int64_t tape = 1);

/// Bytes that two activations share, since every stage between them hands them on. What an encoder gave to each stage
/// of a decoder is one tensor, however many of their activations are kept.
class HandedOn {
 public:
  explicit HandedOn(const Profile& profile);
  /// Bytes of a^to that are tensors of a^from, from < to.
  int64_t bytes(size_t from, size_t to) const;
  /// The others: what a^to adds to a^from.
  int64_t added(size_t from, size_t to) const { return outputs_[to] - bytes(from, to); }

 private:
  std::vector<int64_t> outputs_;             // [l]: bytes of a^l
  std::vector<std::vector<int64_t>> least_;  // [k][l]: of the 2^k stages that end with l
};

struct Prediction {
  int64_t peak = 0;  ///< bytes, beyond what lives before the step
  double seconds = 0;
};

/// Runs the schedule through the costs, operation by operation. Throws UsageError for one that cannot be executed.
Prediction predict(const Schedule& schedule, const Profile& profile);

}  // namespace cairn::checkpointing
