#include "cairn/train/checkpointing/profile.h"

#include <algorithm>
#include <set>

#include "cairn/train/checkpointing/walk.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;

/// The bytes and seconds of a schedule, operation by operation.
class Account {
 public:
  explicit Account(const Profile& profile) : profile_(profile), walk_(profile.size()), ran_(profile.size() + 1) {}

  void step(const Operation& operation) {
    const size_t l = operation.stage;
    const std::set<size_t> touched{l - 1, l, walk_.current()};
    const int64_t before = held(touched);
    operation.kind == Kind::backward ? begin_backward(l) : forward(operation.kind, l);
    walk_.step(operation);
    live_ += held(touched) - before;
    if (operation.kind == Kind::backward) end_backward(l);
    peak_ = std::max(peak_, live_);
  }

  Prediction result() const {
    walk_.finish();
    return {.peak = peak_, .seconds = seconds_};
  }

 private:
  void forward(Kind kind, size_t l) {
    const StageCost& cost = profile_.stage(l);
    if (!ran_[l]) live_ += cost.conditions;
    ran_[l] = true;
    const bool taping = kind == Kind::forward_taping;
    raise(taping ? cost.tape + cost.taping_overhead : cost.output + cost.forward_overhead);
    seconds_ += taping ? cost.taping_seconds : cost.forward_seconds;
  }

  void begin_backward(size_t l) {
    const StageCost& cost = profile_.stage(l);
    if (l == profile_.size()) live_ += cost.output_gradient;  // it comes from outside
    raise(cost.backward_overhead);
    seconds_ += cost.backward_seconds;
  }

  void end_backward(size_t l) {
    const StageCost& cost = profile_.stage(l);
    live_ += cost.parameter_gradients - cost.output_gradient;
    live_ += l > 1 ? profile_.stage(l - 1).output_gradient : profile_.input_gradient;
  }

  void raise(int64_t bytes) { peak_ = std::max(peak_, live_ + bytes); }

  /// Bytes held for the activations and tapes of `stages`; a^0 is the caller's.
  int64_t held(const std::set<size_t>& stages) const {
    int64_t bytes = 0;
    for (const size_t l : stages) {
      if (l == 0 || !walk_.lives(l)) continue;
      bytes += walk_.taped(l) ? profile_.stage(l).tape : profile_.stage(l).output;
    }
    return bytes;
  }

  const Profile& profile_;
  Walk walk_;
  std::vector<bool> ran_;
  int64_t live_ = 0, peak_ = 0;
  double seconds_ = 0;
};

}  // namespace

Profile homogeneous(size_t stages, int64_t tape) {
  const StageCost cost{.output = 1, .tape = tape, .forward_seconds = 1, .taping_seconds = 1, .backward_seconds = 2};
  return {.stages = std::vector<StageCost>(stages, cost)};
}

Prediction predict(const Schedule& schedule, const Profile& profile) {
  Account account(profile);
  for (const auto& operation : schedule) account.step(operation);
  return account.result();
}

}  // namespace cairn::checkpointing
