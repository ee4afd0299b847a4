#include "cairn/train/checkpointing/schedule.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/walk.h"

namespace cairn::checkpointing {

namespace {

using Kind = Operation::Kind;

/// Stages s .. t taped one after the other and reversed.
void tape_and_reverse(Schedule& schedule, size_t s, size_t t) {
  for (size_t l = s; l <= t; ++l) schedule.push_back({Kind::forward_taping, l});
  for (size_t l = t; l >= s; --l) schedule.push_back({Kind::backward, l});
}

/// a^(s-1) is kept and stages s .. t - 1 run on from it.
void advance(Schedule& schedule, size_t s, size_t t) {
  schedule.push_back({Kind::forward_keeping, s});
  for (size_t l = s + 1; l < t; ++l) schedule.push_back({Kind::forward, l});
}

int64_t binomial(int64_t n, int64_t k) {
  int64_t value = 1;
  for (int64_t i = 1; i <= k; ++i) value = value * (n - k + i) / i;
  return value;
}

/// Where Revolve keeps the next activation: how many stages lie before it. With r the least number of repeats for the
/// whole, the part before it is reversed with all snapshots in r - 1 repeats, the part after with one snapshot less in
/// r; any split is best that makes neither shorter than one repeat less would do (Griewank & Walther 2000, section 3).
size_t revolve_split(size_t length, size_t snapshots) {
  size_t repeats = 0;
  while (longest_chain(snapshots, repeats) < static_cast<int64_t>(length)) ++repeats;
  const int64_t first = longest_chain(snapshots, repeats - 1);
  const int64_t second = longest_chain(snapshots - 1, repeats - 1);
  return static_cast<size_t>(std::min(first, static_cast<int64_t>(length) - second));
}

void revolve_from(Schedule& schedule, size_t s, size_t t, size_t snapshots) {
  if (s == t) return tape_and_reverse(schedule, s, s);
  if (snapshots == 0) {
    for (size_t l = t; l > s; --l) {
      advance(schedule, s, l);
      tape_and_reverse(schedule, l, l);
    }
    return tape_and_reverse(schedule, s, s);
  }
  const size_t middle = s + revolve_split(t - s + 1, snapshots);
  advance(schedule, s, middle);
  revolve_from(schedule, middle, t, snapshots - 1);
  revolve_from(schedule, s, middle - 1, snapshots);
}

}  // namespace

Schedule store_all(size_t stages) {
  Schedule schedule;
  tape_and_reverse(schedule, 1, stages);
  return schedule;
}

Schedule periodic(size_t stages, size_t segments) {
  if (segments < 1 || segments > stages) {
    throw UsageError("periodic", got_expected(cat(segments, " segments"), cat("1 .. ", stages)));
  }
  const auto begin = [&](size_t segment) { return 1 + segment * stages / segments; };
  Schedule schedule;
  for (size_t k = 0; k + 1 < segments; ++k) advance(schedule, begin(k), begin(k + 1));
  for (size_t k = segments; k-- > 0;) tape_and_reverse(schedule, begin(k), begin(k + 1) - 1);
  return schedule;
}

Schedule revolve(size_t stages, size_t snapshots) {
  if (snapshots < 1) throw UsageError("revolve", got_expected(cat(snapshots, " snapshots"), "at least 1"));
  Schedule schedule;
  if (stages > 0) revolve_from(schedule, 1, stages, snapshots);
  return schedule;
}

int64_t longest_chain(size_t snapshots, size_t repeats) {
  return binomial(static_cast<int64_t>(snapshots + 1 + repeats), static_cast<int64_t>(repeats));
}

std::vector<int64_t> forwards_of(const Schedule& schedule, size_t stages) {
  std::vector<int64_t> counts(stages, 0);
  for (const auto& operation : schedule) counts.at(operation.stage - 1) += operation.kind != Kind::backward;
  return counts;
}

void check(const Schedule& schedule, size_t stages) {
  Walk walk(stages);
  for (const auto& operation : schedule) walk.step(operation);
  walk.finish();
}

std::string drawing(const Schedule& schedule, size_t stages) {
  std::vector<std::string> rows(stages, std::string(schedule.size(), ' '));
  for (size_t i = 0; i < schedule.size(); ++i) {
    constexpr const char* kMarks = ".o#<";
    rows.at(schedule[i].stage - 1)[i] = kMarks[static_cast<int>(schedule[i].kind)];
  }
  std::string text;
  for (size_t l = stages; l >= 1; --l) {
    const std::string number = cat(l);
    text += std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + " |" + rows[l - 1] + "\n";
  }
  return text;
}

}  // namespace cairn::checkpointing
