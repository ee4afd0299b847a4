// In which order the stages of a chain run forward and backward, and what is kept meanwhile.
//
// The operations are those of Beaumont, Eyraud-Dubois, Herrmann, Joly & Shilova 2019 ("Optimal checkpointing for
// heterogeneous chains", arXiv 1911.13214), for a stage l that turns a^(l-1) into a^l:
//
//   forward           F_0    a^l from a^(l-1); a^(l-1) is dropped unless it is kept for another reason
//   forward_keeping   F_ck   a^l from a^(l-1), which is kept until stage l has gone backward
//   forward_taping    F_all  a^l and everything that its backward needs, a^(l-1) included
//   backward          B      from the gradient of a^l to that of a^(l-1); drops the tape and a^(l-1)
//
// A forward of stage l starts at the activation just computed if that is a^(l-1), else at the kept a^(l-1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::checkpointing {

struct Operation {
  enum class Kind { forward, forward_keeping, forward_taping, backward };
  Kind kind = Kind::forward;
  size_t stage = 0;  ///< l = 1 .. L

  bool operator==(const Operation&) const = default;
};

using Schedule = std::vector<Operation>;

/// Plain autograd: every stage is taped.
Schedule store_all(size_t stages);

/// Chen et al. 2016: `segments` runs of stages of (nearly) equal length; inside a run all is computed again, but for
/// the last one, which is taped at once. 1 <= segments <= stages.
Schedule periodic(size_t stages, size_t segments);

/// Griewank & Walther 2000, "Algorithm 799: Revolve": the fewest forwards with at most `snapshots` >= 1 activations
/// kept at once (a^0 not counted), one stage taped at a time; for stages of equal cost.
Schedule revolve(size_t stages, size_t snapshots);

/// The longest chain that `snapshots` kept activations (a^0 not counted) reverse with at most `repeats` forwards of any
/// stage beside its taped one: C(snapshots + 1 + repeats, repeats), counting a^0 as a snapshot.
int64_t longest_chain(size_t snapshots, size_t repeats);

/// Forwards of each stage (of any kind), at [l - 1].
std::vector<int64_t> forwards_of(const Schedule& schedule, size_t stages);

/// Throws UsageError naming the first operation that cannot be done, or what is missing at the end.
void check(const Schedule& schedule, size_t stages);

/// The schedule step by step: a row a stage, a column an operation; "." forward, "o" keeping, "#" taping, "<" backward.
std::string drawing(const Schedule& schedule, size_t stages);

}  // namespace cairn::checkpointing
