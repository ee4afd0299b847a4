// Runs a chain under a schedule. What comes out is plain autograd's, bit by bit; only bytes and seconds differ.
//
//   Planner planner(measure(chain, {x}));
//   auto y = execute(chain, planner.within(800'000'000).schedule, {x});
//   loss(y).backward();
#pragma once

#include "cairn/train/checkpointing/schedule.h"
#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// Is told of each operation, to measure it.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void begins(const Operation& operation) = 0;
  /// What a forward computed of what. Nothing has been dropped yet.
  virtual void ran_forward(const Operation& operation, const Activations& input, const Activations& output,
                           int64_t conditions_bytes) = 0;
  /// `parameter_gradients`: bytes of gradients that no later stage had made.
  virtual void ran_backward(const Operation& operation, int64_t parameter_gradients) = 0;
};

struct ExecuteOptions {
  bool verify = false;           ///< debug mode: compare the values of all forwards of a stage, bit by bit
  bool keep_gradients = true;    ///< false: parameters keep the gradients they had, as if no backward had been
  Observer* observer = nullptr;  ///< must outlive the backward
};

/// The forward part of `schedule`; its backward part runs when a backward() reaches the result. Without grad mode
/// simply chain.forward(input). A stage must get all that has a gradient through its inputs or as a parameter; batch
/// normalisation counts each batch once; random numbers and autocast are those of the stage's first forward.
/// Throws UsageError for a schedule that is none of this chain; while running, one that names the stage that changes an
/// input in place, depends on hidden state, or uses a tensor with a gradient that did not come through its inputs.
Activations execute(const Chain& chain, const Schedule& schedule, const Activations& input,
                    const ExecuteOptions& options = {});

}  // namespace cairn::checkpointing
