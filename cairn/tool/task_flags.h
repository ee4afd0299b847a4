// The flags of a pipeline's task on the command line, made from its options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cairn/base/options.h"

namespace cairn::tool {

class TaskFlags {
 public:
  /// Adds `--name` to `app` for each of `options` (which must outlive this).
  TaskFlags(CLI::App& app, Fields& options);
  /// Sets the options that were typed; throws UsageError for a wrong type or value.
  void read();

 private:
  Fields& options_;
  std::map<std::string, std::vector<std::string>> typed_;
};

}  // namespace cairn::tool
