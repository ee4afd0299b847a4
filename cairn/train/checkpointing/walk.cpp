#include "cairn/train/checkpointing/walk.h"

#include "cairn/base/error.h"

namespace cairn::checkpointing {

using Kind = Operation::Kind;

Walk::Walk(size_t stages) : stages_(stages), next_backward_(stages), kept_(stages + 1), taped_(stages + 1) {
  kept_[0] = true;  // a^0 is the caller's
}

void Walk::step(const Operation& operation) {
  const size_t l = operation.stage;
  const auto refuse = [&](const char* what) { throw UsageError("schedule", cat("stage ", l, ": ", what)); };
  if (l < 1 || l > stages_) refuse("there is no such stage");
  if (operation.kind == Kind::backward) {
    if (l != next_backward_) refuse("goes backward out of turn");
    if (!taped_[l]) refuse("goes backward without a tape");
    taped_[l] = false;
    if (l > 1) kept_[l - 1] = false;
    if (current_ >= l) current_ = 0;
    --next_backward_;
    return;
  }
  if (l > next_backward_) refuse("runs forward after its backward");
  if (taped_[l]) refuse("runs forward while its tape is kept");
  if (!lives(l - 1)) refuse("its input is not there");
  if (operation.kind != Kind::forward) kept_[l - 1] = true;
  if (operation.kind == Kind::forward_taping) taped_[l] = true;
  current_ = l;
}

void Walk::finish() const {
  if (next_backward_ == 0) return;
  throw UsageError("schedule", cat("ends before the backward of stage ", next_backward_));
}

}  // namespace cairn::checkpointing
