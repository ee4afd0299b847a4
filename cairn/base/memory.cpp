#include "cairn/base/memory.h"

#include <malloc.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

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

std::vector<std::function<void()>>& caches() {
  static std::vector<std::function<void()>> all;
  return all;
}

}  // namespace

void before_measuring(std::function<void()> give_back) {
  caches().push_back(std::move(give_back));
}

int64_t peak_growth(const std::function<void()>& body) {
  for (const auto& give_back : caches()) give_back();
  malloc_trim(0);
  restart_peak();
  const int64_t before = status_of("VmRSS");
  body();
  return status_of("VmHWM") - before;
}

}  // namespace cairn
