// The planner finds the best there is: against brute force, against binomials, and monotone in the budget.
#include "cairn/train/checkpointing/planner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <unordered_set>

#include "cairn/base/error.h"
#include "cairn/base/random.h"

namespace cairn::checkpointing {
namespace {

using Kind = Operation::Kind;

/// A chain of small random integer costs, so that a slot is a byte and sums are exact. A tape is at least what its
/// backward leaves, as in networks.
Profile random_chain(RandomStream random, size_t stages) {
  const auto draw = [&](int64_t low, int64_t high) { return low + static_cast<int64_t>(random.below(high - low + 1)); };
  Profile profile{.input_gradient = draw(0, 2)};
  for (size_t l = 0; l < stages; ++l) {
    const int64_t output = draw(1, 4), gradients = draw(0, 2);
    const int64_t before = l > 0 ? profile.stages.back().output : 2;
    const int64_t left = gradients + (l > 0 ? profile.stages.back().output_gradient : profile.input_gradient);
    profile.stages.push_back({.output = output,
                              .handed_on = draw(0, 1) * draw(0, std::min(before, output)),
                              .tape = std::max(output, left) + draw(0, 6),
                              .output_gradient = draw(0, output),
                              .forward_overhead = draw(0, 3),
                              .taping_overhead = draw(0, 3),
                              .backward_overhead = draw(0, 4),
                              .parameter_gradients = gradients,
                              .forward_seconds = static_cast<double>(draw(1, 9)),
                              .backward_seconds = static_cast<double>(draw(1, 9))});
    profile.stages.back().taping_seconds = profile.stages.back().forward_seconds;
  }
  return profile;
}

/// Every schedule there is, by A* over what lives: the least seconds within a budget. Knows nothing of the
/// dynamic program's recurrence; only of what an operation needs, drops and costs.
class BruteForce {
 public:
  explicit BruteForce(const Profile& profile) : profile_(profile), stages_(static_cast<int>(profile.size())) {}

  /// Infinite if nothing fits.
  double least_seconds(int64_t budget) const {
    using Item = std::tuple<double, double, uint32_t>;  // seconds with the least to come, seconds so far, state
    std::priority_queue<Item, std::vector<Item>, std::greater<>> open;
    std::unordered_set<uint32_t> done;
    const State begin(stages_);
    open.push({to_come(begin), 0, begin.packed()});
    while (!open.empty()) {
      const auto [bound, seconds, packed] = open.top();
      open.pop();
      if (!done.insert(packed).second) continue;
      const State state(packed);
      if (state.due == 0) return seconds;
      for (int l = 1; l <= state.due; ++l) {
        for (const Kind kind : {Kind::forward, Kind::forward_keeping, Kind::forward_taping, Kind::backward}) {
          const auto next = after(state, kind, l, budget);
          if (!next || done.contains(next->packed())) continue;
          const double spent = seconds + duration(kind, l);
          open.push({spent + to_come(*next), spent, next->packed()});
        }
      }
    }
    return std::numeric_limits<double>::infinity();
  }

 private:
  struct State {
    int due = 0;                   // the stage whose backward is next
    int current = 0;               // the activation just computed
    uint32_t kept = 0, taped = 0;  // bit l: a^l as an input, the tape of stage l

    explicit State(int stages) : due(stages) {}
    explicit State(uint32_t packed)
        : due(packed & 15), current(packed >> 4 & 15), kept(packed >> 8 & 0xfff), taped(packed >> 20) {}
    uint32_t packed() const {
      return static_cast<uint32_t>(due) | static_cast<uint32_t>(current) << 4 | kept << 8 | taped << 20;
    }
    bool lives(int l) const { return l == 0 || current == l || ((kept | taped) >> l & 1); }
  };

  const StageCost& cost(int l) const { return profile_.stage(static_cast<size_t>(l)); }
  double duration(Kind kind, int l) const {
    return kind == Kind::backward ? cost(l).backward_seconds : cost(l).forward_seconds;
  }

  /// Every stage that is due goes backward, and is taped before.
  double to_come(const State& state) const {
    double seconds = 0;
    for (int l = 1; l <= state.due; ++l) {
      seconds += cost(l).backward_seconds + (state.taped >> l & 1 ? 0 : cost(l).forward_seconds);
    }
    return seconds;
  }

  int64_t live(const State& state) const {
    int64_t bytes = 0;
    int64_t shared = std::numeric_limits<int64_t>::max();  // with the last activation that lives
    for (int l = 1; l <= stages_; ++l) {
      shared = std::min(shared, cost(l).handed_on);
      if (state.lives(l)) {
        bytes += state.taped >> l & 1 ? cost(l).tape : cost(l).output - shared;
        shared = std::numeric_limits<int64_t>::max();
      }
      if (l > state.due) bytes += cost(l).parameter_gradients;
    }
    if (state.due == stages_) return bytes;
    return bytes + (state.due > 0 ? cost(state.due).output_gradient : profile_.input_gradient);
  }

  std::optional<State> after(State state, Kind kind, int l, int64_t budget) const {
    int64_t needed = live(state);
    if (kind == Kind::backward) {
      if (state.due != l || !(state.taped >> l & 1)) return std::nullopt;
      if (l == stages_) needed += cost(l).output_gradient;
      needed += cost(l).backward_overhead;
      state.due = l - 1;
      state.taped &= ~(1U << l);
      state.kept &= ~(1U << (l - 1));
      if (state.current >= l) state.current = 0;
    } else {
      if ((state.taped >> l & 1) || !state.lives(l - 1)) return std::nullopt;
      const bool taping = kind == Kind::forward_taping;
      needed += taping ? cost(l).tape + cost(l).taping_overhead
                       : cost(l).output - cost(l).handed_on + cost(l).forward_overhead;
      if (kind != Kind::forward && l > 1) state.kept |= 1U << (l - 1);
      if (taping) state.taped |= 1U << l;
      state.current = l;
    }
    if (needed > budget || live(state) > budget) return std::nullopt;
    return state;
  }

  const Profile& profile_;
  int stages_;
};

TEST(Planner, EqualsBruteForceOnAThousandRandomChains) {
  int feasible = 0, recomputing = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    RandomStream random = RandomStream(5, "chains").at(i);
    const size_t stages = 1 + i % 8;
    const Profile profile = random_chain(random.at(0), stages);
    const Planner planner(profile, {.slots = 1'000'000});
    const int64_t most = planner.store_all().predicted.peak, least = planner.least().predicted.peak;
    const int64_t budget = least - 1 + static_cast<int64_t>(random.below(most - least + 2));
    const double best = BruteForce(profile).least_seconds(budget);
    if (budget < least) {
      EXPECT_TRUE(std::isinf(best)) << i;
      EXPECT_THROW(planner.within(budget), UsageError);
      continue;
    }
    ++feasible;
    const Plan& plan = planner.within(budget);
    EXPECT_EQ(plan.predicted.seconds, best)
        << "chain " << i << ", budget " << budget << " of " << least << " .. " << most;
    EXPECT_LE(plan.predicted.peak, budget);
    recomputing += plan.predicted.seconds > planner.store_all().predicted.seconds;
  }
  EXPECT_GT(feasible, 600);
  EXPECT_GT(recomputing, 200);  // the cases are no trivial ones
}

TEST(Planner, TwoHundredStagesInUnderASecond) {
  const Profile profile = random_chain(RandomStream(9, "long"), 200);
  const std::clock_t began = std::clock();  // the processor's time: the tests share their machine
  const Planner planner(profile);
  const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  RecordProperty("seconds", std::to_string(seconds));
#ifdef NDEBUG
  EXPECT_LT(seconds, 1.0);
#endif
  EXPECT_LT(planner.least().predicted.peak, planner.store_all().predicted.peak / 4);
}

TEST(Planner, TradeOffIsMonotoneAndItsPlansAreSchedules) {
  for (const size_t stages : {1, 2, 7, 60, 450}) {
    const Profile profile = random_chain(RandomStream(3, "monotone").at(stages), stages);
    const Planner planner(profile, {.slots = 200, .stages = 60});
    const auto& plans = planner.trade_off();
    for (size_t i = 0; i < plans.size(); ++i) {
      check(plans[i].schedule, stages);
      EXPECT_EQ(predict(plans[i].schedule, profile).peak, plans[i].predicted.peak);
      if (i == 0) continue;
      EXPECT_GT(plans[i].predicted.peak, plans[i - 1].predicted.peak);
      EXPECT_LT(plans[i].predicted.seconds, plans[i - 1].predicted.seconds);
    }
    EXPECT_EQ(plans.back().schedule, store_all(stages));
  }
}

TEST(Planner, ABudgetThatCannotBeMetSaysTheLeastPossible) {
  const Planner planner(homogeneous(10, 3));
  try {
    planner.within(1);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(planner.least().predicted.peak)), std::string::npos);
  }
  EXPECT_THROW(Planner(Profile{}), UsageError);
}

/// Least forwards without tape to reverse `length` equal stages with `snapshots` beside the first input.
int64_t least_forwards(int64_t length, int64_t snapshots) {
  static std::map<std::pair<int64_t, int64_t>, int64_t> known;
  if (length <= 1) return 0;
  if (snapshots == 0) return length * (length - 1) / 2;
  auto [at, is_new] = known.emplace(std::pair(length, snapshots), 0);
  if (!is_new) return at->second;
  int64_t best = std::numeric_limits<int64_t>::max();
  for (int64_t k = 1; k < length; ++k) {
    best = std::min(best, k + least_forwards(length - k, snapshots - 1) + least_forwards(k, snapshots));
  }
  return known[{length, snapshots}] = best;
}

TEST(Revolve, MakesTheFewestForwards) {
  for (size_t length = 1; length <= 60; ++length) {
    for (size_t snapshots = 1; snapshots <= 6; ++snapshots) {
      const Schedule schedule = revolve(length, snapshots);
      check(schedule, length);
      int64_t forwards = 0;
      for (const auto count : forwards_of(schedule, length)) forwards += count - 1;
      EXPECT_EQ(forwards, least_forwards(static_cast<int64_t>(length), static_cast<int64_t>(snapshots)))
          << length << " stages, " << snapshots << " snapshots";
      EXPECT_LE(predict(schedule, homogeneous(length)).peak, static_cast<int64_t>(snapshots) + 2);
    }
  }
}

TEST(Revolve, ReachesTheBinomialAndNoFurther) {
  EXPECT_EQ(longest_chain(9, 2), 66);  // s = 10 snapshots with the first input
  EXPECT_EQ(longest_chain(9, 3), 286);
  EXPECT_EQ(longest_chain(29, 2), 496);
  const auto repeats = [](size_t length, size_t snapshots) {
    const auto counts = forwards_of(revolve(length, snapshots), length);
    return *std::max_element(counts.begin(), counts.end()) - 1;
  };
  for (const size_t snapshots : {1, 2, 4, 9}) {
    for (const size_t r : {1, 2, 3}) {
      const auto longest = static_cast<size_t>(longest_chain(snapshots, r));
      EXPECT_EQ(repeats(longest, snapshots), static_cast<int64_t>(r));
      EXPECT_EQ(repeats(longest + 1, snapshots), static_cast<int64_t>(r) + 1);
    }
  }
}

TEST(Periodic, RunsEachStageTwiceButForTheLastSegment) {
  for (const size_t segments : {1, 3, 10}) {
    const auto counts = forwards_of(periodic(10, segments), 10);
    const size_t last = 1 + (segments - 1) * 10 / segments;
    for (size_t l = 1; l <= 10; ++l) EXPECT_EQ(counts[l - 1], l < last ? 2 : 1);
    check(periodic(10, segments), 10);
  }
  EXPECT_THROW(periodic(10, 11), UsageError);
  EXPECT_THROW(periodic(10, 0), UsageError);
}

TEST(Schedule, RefusesWhatCannotBeDone) {
  EXPECT_THROW(check({}, 1), UsageError);
  EXPECT_THROW(check({{Kind::backward, 1}}, 1), UsageError);
  EXPECT_THROW(check({{Kind::forward_taping, 2}}, 2), UsageError);
  EXPECT_THROW(check({{Kind::forward, 1}, {Kind::forward_taping, 2}, {Kind::backward, 1}}, 2), UsageError);
  EXPECT_THROW(check({{Kind::forward, 3}}, 2), UsageError);
  check(store_all(3), 3);
}

TEST(Schedule, Drawing) {
  EXPECT_EQ(drawing(periodic(3, 3), 3), "   3 |  #<    \n   2 | o  #<  \n   1 |o     #<\n");
}

}  // namespace
}  // namespace cairn::checkpointing
