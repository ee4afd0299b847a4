// The three kinds of errors the library throws. It never exits or aborts: only `main` turns an error into an exit code.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace cairn {

/// Joins its arguments' text, as an output stream would print them.
template <class... Parts>
std::string cat(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return std::move(text).str();
}

/// Base of all errors. The message reads "[where] what"; `where` is the operator, option or file concerned.
class Error : public std::runtime_error {
 public:
  Error(const std::string& where, const std::string& what) : std::runtime_error("[" + where + "] " + what) {}
  /// What the tool's process returns: 1 for a failure, 2 for wrong use.
  virtual int exit_code() const { return 1; }
};

/// The caller's mistake: an unknown option, a wrong type or shape of an argument, a call out of turn.
class UsageError : public Error {
 public:
  using Error::Error;
  int exit_code() const override { return 2; }
};

/// A file or a value that was read is not what it should be. Names the file and, where there is one, line or byte.
class InputError : public Error {
 public:
  using Error::Error;
};

/// The machine refused: a full disk, a missing device, a file that cannot be opened.
class EnvironmentError : public Error {
 public:
  using Error::Error;
};

/// The sentence every check uses: "got X, expected Y".
template <class Got, class Expected>
std::string got_expected(const Got& got, const Expected& expected) {
  return cat("got ", got, ", expected ", expected);
}

}  // namespace cairn
