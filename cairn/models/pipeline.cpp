#include "cairn/models/pipeline.h"

#include "cairn/base/error.h"

namespace cairn {

const std::string& Invocation::require_in(const char* task, const std::string& expected) const {
  if (in.empty()) throw UsageError(task, got_expected("no --in", expected));
  return in;
}

}  // namespace cairn
