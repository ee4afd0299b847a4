// The flags of a pipeline's task on the command line, made from its options.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cairn/base/options.h"
#include "cairn/tool/command_line.h"

namespace cairn::tool {

class TaskFlags {
 public:
  /// Adds `--name` to `line` for each of `options` (which must outlive this).
  TaskFlags(CommandLine& line, Fields& options);
  /// Sets the options that were typed; throws UsageError for a wrong type or value.
  void read();

 private:
  Fields& options_;
  std::map<std::string, std::vector<std::string>> typed_;
};

}  // namespace cairn::tool
