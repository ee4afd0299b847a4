#include "cairn/base/threads.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace cairn {

namespace fs = std::filesystem;

namespace {

int processors_by_affinity() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return static_cast<int>(std::thread::hardware_concurrency());
}

/// This process's group below the unified hierarchy (version 2): the line "0::/path".
fs::path control_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) return fs::path("/sys/fs/cgroup") / fs::path(line.substr(3)).relative_path();
  }
  return {};
}

}  // namespace

std::optional<int> threads_of_quota(const std::string& cpu_max) {
  std::istringstream text(cpu_max);
  double quota = 0, period = 0;
  if (!(text >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<int>(std::ceil(std::min(quota / period, 1e6)));
}

int available_threads() {
  int threads = processors_by_affinity();
  // A limit set on any ancestor holds for us too.
  for (fs::path group = control_group(); group.string().starts_with("/sys/fs/cgroup"); group = group.parent_path()) {
    std::string line;
    std::ifstream file(group / "cpu.max");
    if (std::getline(file, line)) threads = std::min(threads, threads_of_quota(line).value_or(threads));
  }
  return std::max(threads, 1);
}

}  // namespace cairn
