// The friendly face of a trained model: named commands for `cairn run MODEL TASK`, typed C++ methods beside them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/options.h"

namespace cairn {

/// Where a command's results go, one row at a time, in input order.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void row(const Json& row) = 0;  ///< an object: one JSON line, or plain columns
  virtual void flush() {}                 ///< what was given is seen now, if a stream is where it goes
};

/// What the user typed around a command; "" means not given. The tool hands stdin and stdout ("-") over as files.
struct Invocation {
  std::string in;
  std::string out;
  std::vector<std::string> words;  ///< positional arguments after the task
  RowSink* rows = nullptr;

  /// `in`; throws UsageError naming task and what was expected where it was not given.
  const std::string& require_in(const char* task, const std::string& expected) const;
};

/// One task of a pipeline. `options` declares the flags (`--count`); `run` reads them from the same config object.
struct Command {
  std::string name;
  std::string help;
  Fields options;
  std::function<void(const Invocation&)> run;
  /// `run` writes the file `out` itself, and its rows are a summary. Otherwise the rows are the result and go to `out`.
  bool writes_out = false;
  /// `run` reads `in` once, from front to back: stdin comes as the stream that it is, not as a file.
  bool streams_in = false;
};

class Pipeline {
 public:
  virtual ~Pipeline() = default;
  virtual std::vector<Command> commands() = 0;
};

}  // namespace cairn
