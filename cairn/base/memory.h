// How much memory this process holds, as the system counts it.
#pragma once

#include <cstdint>
#include <functional>

namespace cairn {

/// The most memory that is resident at any moment while body() runs, beyond what is before it, in bytes. Memory that
/// the process had freed but kept is given back first. Throws EnvironmentError where the system does not count (/proc).
int64_t peak_growth(const std::function<void()>& body);

/// For caches of freed memory: `give_back` is called before peak_growth measures, to return what waits to the system.
/// For the whole process, to its end.
void before_measuring(std::function<void()> give_back);

}  // namespace cairn
