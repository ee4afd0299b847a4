// A program that measures rounds on request: a peer's script, or this tool again in a process of its own.
//
// The protocol is lines of text. The program writes "ready" once its start-up is over. For each line it reads it runs a
// round and writes its value, then "name=number" for each quality. It ends when its stdin does.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::tool {

struct PeerCommand {
  std::vector<std::string> words;  ///< the program and its arguments
  int64_t threads = 1;             ///< for the libraries that ask the environment
  std::filesystem::path log;       ///< gets its stderr
};

class PeerProcess {
 public:
  /// Starts the program and waits until it is ready. Throws EnvironmentError, with the last it said, if it never is.
  explicit PeerProcess(PeerCommand command);

  /// Throws EnvironmentError if the program has ended or answers something else than a measurement.
  Measurement round();

 private:
  /// Its stdin ends and it is waited for at the end of this one's life.
  struct Child {
    Child() = default;
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    pid_t id = -1;
    int in = -1, out = -1;  ///< our ends of its stdin and stdout
  };

  void start();
  std::string read_line();
  [[noreturn]] void fail(const std::string& what) const;

  PeerCommand command_;
  Child child_;
  std::string unread_;
};

/// "0.25 nll=88.3" -> a measurement. Throws InputError for anything else.
Measurement parse_measurement(const std::string& line);
std::string to_line(const Measurement& measurement);

}  // namespace cairn::tool
