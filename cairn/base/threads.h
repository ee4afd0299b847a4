// How many threads this process may really use.
#pragma once

#include <optional>
#include <string>

namespace cairn {

/// Processors that the affinity mask and the control group's quota leave to this process; at least 1.
int available_threads();

/// Threads that a control group's `cpu.max` grants: "150000 100000" -> 2; nothing for "max 100000" or for other text.
std::optional<int> threads_of_quota(const std::string& cpu_max);

}  // namespace cairn
