#include "cairn/train/checkpointing/profile.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>

#include "cairn/train/checkpointing/walk.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;

/// The bytes and seconds of a schedule, operation by operation.
class Account {
 public:
  explicit Account(const Profile& profile)
      : profile_(profile),
        handed_on_(profile),
        walk_(profile.size()),
        ran_(profile.size() + 1),
        counted_(profile.size() + 1) {}

  void step(const Operation& operation) {
    const size_t l = operation.stage;
    const std::set<size_t> touched{l - 1, l, walk_.current()};
    operation.kind == Kind::backward ? begin_backward(l) : forward(operation.kind, l);
    walk_.step(operation);
    for (const size_t k : touched) follow(k);
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
    raise(taping ? cost.tape + cost.taping_overhead : cost.made() + cost.forward_overhead);
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

  /// a^l came, went or became a part of a tape: counts it again, and the next that lives, which may share tensors with
  /// it. a^0 is the caller's.
  void follow(size_t l) {
    if (l == 0) return;
    walk_.lives(l) ? void(alive_.insert(l)) : void(alive_.erase(l));
    count(l);
    if (const auto next = alive_.upper_bound(l); next != alive_.end()) count(*next);
  }

  void count(size_t l) {
    live_ -= counted_[l];
    live_ += counted_[l] = held(l);
  }

  /// Bytes that a^l or its tape adds to what lives before it.
  int64_t held(size_t l) const {
    const auto here = alive_.find(l);
    if (here == alive_.end()) return 0;
    if (walk_.taped(l)) return profile_.stage(l).tape;
    return handed_on_.added(here == alive_.begin() ? 0 : *std::prev(here), l);
  }

  const Profile& profile_;
  HandedOn handed_on_;
  Walk walk_;
  std::vector<bool> ran_;
  std::set<size_t> alive_;        // l of the activations and tapes that live
  std::vector<int64_t> counted_;  // [l]: bytes of `live_` that are a^l's
  int64_t live_ = 0, peak_ = 0;
  double seconds_ = 0;
};

}  // namespace

Profile homogeneous(size_t stages, int64_t tape) {
  const StageCost cost{.output = 1, .tape = tape, .forward_seconds = 1, .taping_seconds = 1, .backward_seconds = 2};
  return {.stages = std::vector<StageCost>(stages, cost)};
}

HandedOn::HandedOn(const Profile& profile)
    : outputs_(profile.size() + 1), least_(1, std::vector<int64_t>(profile.size() + 1)) {
  for (size_t l = 1; l <= profile.size(); ++l) {
    outputs_[l] = profile.stage(l).output;
    least_[0][l] = profile.stage(l).handed_on;
  }
  for (size_t width = 1; 2 * width <= profile.size(); width *= 2) {
    const auto& half = least_.back();
    std::vector<int64_t> both(half.size());
    for (size_t l = 2 * width; l < half.size(); ++l) both[l] = std::min(half[l], half[l - width]);
    least_.push_back(std::move(both));
  }
}

int64_t HandedOn::bytes(size_t from, size_t to) const {
  const auto level = static_cast<size_t>(std::bit_width(to - from)) - 1;
  return std::min(least_[level][to], least_[level][from + (size_t{1} << level)]);
}

Prediction predict(const Schedule& schedule, const Profile& profile) {
  Account account(profile);
  for (const auto& operation : schedule) account.step(operation);
  return account.result();
}

}  // namespace cairn::checkpointing
