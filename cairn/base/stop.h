// A polite end: the first SIGINT or SIGTERM asks the program to stop at its next safe place, the second one kills it.
#pragma once

namespace cairn {

/// Listens while it lives; one at a time. The handlers that stood before come back with its end.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
};

/// Whether a signal has come since the StopSignals began.
bool stop_requested();

}  // namespace cairn
