#include "cairn/base/memory.h"

#include <malloc.h>

#include <fstream>
#include <sstream>
#include <string>

#include "cairn/base/error.h"

namespace cairn {

namespace {

/// "VmRSS" or "VmHWM", in bytes.
int64_t status_of(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(name + ":")) continue;
    int64_t kibibytes = 0;
    if (std::istringstream(line.substr(name.size() + 1)) >> kibibytes) return kibibytes * 1024;
  }
  throw EnvironmentError("/proc/self/status", cat("no ", name, " there"));
}

/// From here on the system's peak is that of the present.
void restart_peak() {
  std::ofstream file("/proc/self/clear_refs");
  if (!(file << "5").flush())
    throw EnvironmentError("/proc/self/clear_refs", "the peak of resident memory cannot be restarted");
}

}  // namespace

int64_t peak_growth(const std::function<void()>& body) {
  malloc_trim(0);
  restart_peak();
  const int64_t before = status_of("VmRSS");
  body();
  return status_of("VmHWM") - before;
}

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kMost = 1 << 30, kNever = -1;
  mallopt(M_MMAP_THRESHOLD, kMost);
  mallopt(M_TRIM_THRESHOLD, kNever);
#endif
}

}  // namespace cairn
