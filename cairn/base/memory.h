// How much memory this process holds, as the system counts it, and what becomes of memory it frees.
#pragma once

#include <cstdint>
#include <functional>

namespace cairn {

/// The most memory that is resident at any moment while body() runs, beyond what is before it, in bytes. Memory that
/// the process had freed but kept is given back first. Throws EnvironmentError where the system does not count (/proc).
int64_t peak_growth(const std::function<void()>& body);

/// From now on memory that is freed stays with the process for its next allocations (glibc; elsewhere nothing changes).
/// For loops that free hundreds of megabytes and take them again: getting them from the system costs a fault a page.
void keep_freed_memory();

}  // namespace cairn
