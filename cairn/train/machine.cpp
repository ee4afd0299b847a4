#include "cairn/train/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include <torch/version.h>

#include "cairn/base/error.h"
#include "cairn/base/version.h"

namespace cairn::train {

namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string system_name() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return cat(names.sysname, " ", names.machine);
}

}  // namespace

Json describe_machine() {
  const auto memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
  return {{"cpu", cpu_name()},         {"cores", std::thread::hardware_concurrency()},
          {"memory_bytes", memory},    {"system", system_name()},
          {"libtorch", TORCH_VERSION}, {"cairn", version()},
          {"code", code_version()}};
}

Json conditions(int64_t threads) {
  return {{"code", code_version()}, {"libtorch", TORCH_VERSION}, {"threads", threads}};
}

std::vector<std::string> differences(const Json& saved, const Json& now) {
  std::vector<std::string> lines;
  for (const auto& [key, before] : saved.items()) {
    const Json value = now.value(key, Json());
    if (before != value)
      lines.push_back(cat(key, ": the run was made with ", before.dump(), ", here it is ", value.dump()));
  }
  return lines;
}

}  // namespace cairn::train
