#include "cairn/train/checkpointing/dynamic_program.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;

constexpr float kInfinite = std::numeric_limits<float>::infinity();

/// The slots m that are looked at.
struct Slots {
  int64_t begin, end;
};

/// out[m] = min(out[m], seconds + a[m - shift] + b[m]); b may be null.
void relax(float* out, float seconds, const float* a, int64_t shift, const float* b, Slots slots) {
  const int64_t end = slots.end, low = slots.begin;
  if (b == nullptr) {
    for (int64_t m = std::max(low, shift); m < end; ++m) out[m] = std::min(out[m], seconds + a[m - shift]);
  } else {
    for (int64_t m = std::max(low, shift); m < end; ++m) out[m] = std::min(out[m], seconds + a[m - shift] + b[m]);
  }
}

}  // namespace

DynamicProgram::DynamicProgram(const Profile& profile, int64_t slot, int64_t slots)
    : profile_(profile), handed_on_(profile), stages_(profile.size()), slot_(slot), slots_(slots) {
  later_gradients_.assign(stages_ + 1, 0);
  forward_until_.assign(stages_ + 1, 0);
  for (size_t l = stages_; l >= 1; --l) {
    later_gradients_[l - 1] = later_gradients_[l] + profile_.stage(l).parameter_gradients;
  }
  for (size_t l = 1; l <= stages_; ++l) {
    forward_until_[l] = forward_until_[l - 1] + profile_.stage(l).forward_seconds;
  }
  rows_.resize(stages_ * stages_);
  enough_.resize(stages_ * stages_);
  for (size_t t = 1; t <= stages_; ++t) {  // in this order the rows of one t stay in the cache
    for (size_t s = t; s >= 1; --s) fill(s, t);
  }
}

float DynamicProgram::at(size_t s, size_t t, int64_t m) const {
  return m < 0 ? kInfinite : row(s, t)[static_cast<size_t>(std::min(m, slots_))];
}

int64_t DynamicProgram::standing(size_t t) const {
  const int64_t gradient = t == stages_ ? 0 : profile_.stage(t).output_gradient;
  return gradient + later_gradients_[t];
}

int64_t DynamicProgram::needed_to_tape(size_t s, size_t t) const {
  const StageCost& cost = profile_.stage(s);
  const int64_t forward = standing(t) + cost.tape + cost.taping_overhead;
  const int64_t backward = cost.output_gradient + later_gradients_[s] + cost.tape + cost.backward_overhead;
  const int64_t after = s > 1 ? standing(s - 1) : later_gradients_[0] + profile_.input_gradient;
  return in_slots(std::max({forward, backward, after}));
}

int64_t DynamicProgram::needed_to_run(size_t s, size_t l, size_t t) const {
  const StageCost& cost = profile_.stage(l);
  const int64_t input = l == s ? 0 : handed_on_.added(s - 1, l - 1);
  return in_slots(standing(t) + input + cost.made() + cost.forward_overhead);
}

void DynamicProgram::fill(size_t s, size_t t) {
  Row& best = row(s, t);
  best.assign(static_cast<size_t>(slots_) + 1, kInfinite);
  const StageCost& cost = profile_.stage(s);
  const auto taped = static_cast<float>(cost.taping_seconds + cost.backward_seconds);
  const int64_t needed = needed_to_tape(s, t), tape = in_slots(cost.tape);
  const int64_t enough = s == t ? needed : std::max(needed, enough_[index(s + 1, t)] + tape);
  enough_[index(s, t)] = enough;
  if (enough <= slots_) {  // everything is taped, and nothing is faster
    const float all_taped = s == t ? taped : taped + row(s + 1, t)[static_cast<size_t>(enough - tape)];
    std::fill(best.begin() + enough, best.end(), all_taped);
  }
  if (s == t) return;
  const int64_t end = std::min(enough, slots_ + 1);
  relax(best.data(), taped, row(s + 1, t).data(), tape, nullptr, {needed, end});
  int64_t running = 0;
  for (size_t next = s + 1; next <= t; ++next) {  // the s' of the recurrence
    running = std::max(running, needed_to_run(s, next - 1, t));
    const auto seconds = static_cast<float>(forward_until_[next - 1] - forward_until_[s - 1]);
    relax(best.data(), seconds, row(next, t).data(), in_slots(handed_on_.added(s - 1, next - 1)),
          row(s, next - 1).data(), {running, end});
  }
}

void DynamicProgram::collect(size_t s, size_t t, int64_t m, Schedule& schedule) const {
  const StageCost& cost = profile_.stage(s);
  const auto taped = static_cast<float>(cost.taping_seconds + cost.backward_seconds);
  const int64_t after_tape = m - in_slots(cost.tape);
  const float best = at(s, t, m);
  if (s == t || (m >= needed_to_tape(s, t) && taped + at(s + 1, t, after_tape) == best)) {
    schedule.push_back({Kind::forward_taping, s});
    if (s < t) collect(s + 1, t, after_tape, schedule);
    schedule.push_back({Kind::backward, s});
    return;
  }
  int64_t running = 0;
  for (size_t next = s + 1; next <= t; ++next) {
    running = std::max(running, needed_to_run(s, next - 1, t));
    const int64_t after_keeping = m - in_slots(handed_on_.added(s - 1, next - 1));
    const auto seconds = static_cast<float>(forward_until_[next - 1] - forward_until_[s - 1]);
    if (m < running || seconds + at(next, t, after_keeping) + at(s, next - 1, m) != best) continue;
    schedule.push_back({Kind::forward_keeping, s});
    for (size_t l = s + 1; l < next; ++l) schedule.push_back({Kind::forward, l});
    collect(next, t, after_keeping, schedule);
    collect(s, next - 1, m, schedule);
    return;
  }
}

Schedule DynamicProgram::schedule(int64_t m) const {
  Schedule schedule;
  collect(1, stages_, m, schedule);
  return schedule;
}

}  // namespace cairn::checkpointing
