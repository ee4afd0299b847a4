#include "cairn/data/sequence_problems.h"

#include <algorithm>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::data {

bool is_sequence_problem(const std::string& name) {
  return name == "copy" || name == "reverse";
}

SequencePair sequence_pair(const std::string& name, const SequenceProblem& problem, int64_t number,
                           const RandomStream& random) {
  auto own = random.at(static_cast<uint64_t>(number));
  std::vector<std::string> symbols(1 + own.below(static_cast<uint64_t>(problem.longest)));
  for (auto& symbol : symbols) symbol = cat("s", own.below(static_cast<uint64_t>(problem.symbols)));
  SequencePair pair{join(symbols, " "), {}};
  if (name == "reverse") std::reverse(symbols.begin(), symbols.end());
  pair.target = join(symbols, " ");
  return pair;
}

}  // namespace cairn::data
