// Progress of something long: on a terminal one bar with rate, loss and time left; elsewhere a plain line now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace cairn {

struct ProgressOptions {
  std::string what;          ///< "train"
  int64_t total = 0;         ///< 0 if unknown
  int64_t done = 0;          ///< where it starts: a resumed run begins in the middle
  double line_seconds = 10;  ///< between plain lines, where there is no terminal
};

struct ProgressState {
  int64_t done = 0;
  std::optional<double> loss;
  std::optional<int64_t> bytes;  ///< the most that was held at once
};

/// Writes to stderr; says nothing when the log is quiet.
class Progress {
 public:
  explicit Progress(ProgressOptions options);
  ~Progress();  ///< ends the bar's line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Cheap enough for every step: prints a few times a second at most.
  void update(const ProgressState& state);
  /// Clears the bar, so that a message can be printed; the next update draws it again.
  void clear();

 private:
  std::string describe(const ProgressState& state) const;
  double elapsed() const;

  ProgressOptions options_;
  std::chrono::steady_clock::time_point start_;
  double next_print_ = 0;
  bool terminal_ = false;
  bool drawn_ = false;
};

}  // namespace cairn
