// Two problems of sequences in, sequences out, whose answers are known: lines of symbols to copy or to reverse.
#pragma once

#include <cstdint>
#include <string>

#include "cairn/base/random.h"

namespace cairn::data {

struct SequenceProblem {
  int64_t symbols = 20;   ///< "s0" .. "s19", 1 or more
  int64_t longest = 20;   ///< symbols of a line: 1 .. longest, each length as likely as the others
  int64_t count = 20000;  ///< lines of the training split; a tenth of it, at least 1, of the others
};

bool is_sequence_problem(const std::string& name);  ///< "copy" or "reverse"

struct SequencePair {
  std::string source, target;
};
/// Line `number` of a problem; depends on its number alone.
SequencePair sequence_pair(const std::string& name, const SequenceProblem& problem, int64_t number,
                           const RandomStream& random);

}  // namespace cairn::data
