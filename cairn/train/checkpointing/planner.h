// From costs and a budget to the fastest schedule that fits.
//
// The dynamic program of Beaumont et al. 2019 (theorem 1): C(s, t, m) is the least time to reverse stages s .. t with m
// bytes beside a^(s-1),
//
//   C(s, s, m) = u_F + u_B                                                     tape the stage, reverse it
//   C(s, t, m) = min( u_F(s) + C(s+1, t, m - w_abar(s)) + u_B(s),              keep the whole tape of stage s
//                     min over s' of  sum u_F(s .. s'-1)                       or only a^(s'-1), and stages s .. s'-1
//                       + C(s', t, m - w_a(s'-1)) + C(s, s'-1, m) )            run again later
//
// where an operation's momentary needs fit. It is optimal among schedules that keep what they once kept until its
// backward, where no backward leaves more bytes than it found. Bytes are counted in slots; so each schedule found is
// run through the exact costs, and only those stay that none beats in both bytes and seconds: the trade-off. Its peaks
// rise and its times fall, so plans are monotone in the budget.
#pragma once

#include <vector>

#include "cairn/train/checkpointing/profile.h"
#include "cairn/train/checkpointing/schedule.h"

namespace cairn::checkpointing {

struct Plan {
  Schedule schedule;
  Prediction predicted;
};

struct PlannerOptions {
  int64_t slots = 500;   ///< parts into which the bytes of plain autograd are divided
  int64_t stages = 200;  ///< longer chains are planned in this many runs of neighbouring stages
};

class Planner {
 public:
  /// Under a second for 200 stages. Throws UsageError for a chain without stages.
  explicit Planner(const Profile& profile, PlannerOptions options = {});

  /// From the least memory to plain autograd, without dominated ones; never empty.
  const std::vector<Plan>& trade_off() const { return trade_off_; }
  const Plan& least() const { return trade_off_.front(); }
  const Plan& store_all() const { return trade_off_.back(); }
  /// The fastest plan whose peak is at most `bytes`, or null.
  const Plan* find(int64_t bytes) const;
  /// The same; throws UsageError that says the least possible if there is none.
  const Plan& within(int64_t bytes) const;

 private:
  std::vector<Plan> trade_off_;
};

}  // namespace cairn::checkpointing
