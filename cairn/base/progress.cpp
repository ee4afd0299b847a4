#include "cairn/base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"

namespace cairn {

namespace {

constexpr double kBarSeconds = 0.2;
constexpr int kBarWidth = 24;

std::string bar(double fraction) {
  const auto full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kBarWidth);
  return "[" + std::string(full, '=') + std::string(kBarWidth - full, ' ') + "]";
}

}  // namespace

Progress::Progress(ProgressOptions options)
    : options_(std::move(options)), start_(std::chrono::steady_clock::now()), terminal_(::isatty(STDERR_FILENO) == 1) {
  next_print_ = terminal_ ? 0 : options_.line_seconds;
}

Progress::~Progress() {
  clear();
}

double Progress::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::string Progress::describe(const ProgressState& state) const {
  const double seconds = std::max(elapsed(), 1e-9);
  const double rate = static_cast<double>(state.done - options_.done) / seconds;
  std::string text = cat(options_.what, " ", state.done);
  if (options_.total > 0) text += cat("/", options_.total);
  text += cat("  ", fixed(rate, rate < 10 ? 2 : 0), "/s");
  if (state.loss) text += cat("  loss ", fixed(*state.loss, 3));
  if (state.bytes) text += cat("  ", human_bytes(static_cast<double>(*state.bytes)));
  if (options_.total > 0 && rate > 0) {
    text += cat("  left ", human_seconds(static_cast<double>(options_.total - state.done) / rate));
  }
  return text;
}

void Progress::update(const ProgressState& state) {
  if (log::level() == log::Level::quiet) return;
  const double now = elapsed();
  if (now < next_print_) return;
  next_print_ = now + (terminal_ ? kBarSeconds : options_.line_seconds);
  if (terminal_) {
    const double fraction =
        options_.total > 0 ? static_cast<double>(state.done) / static_cast<double>(options_.total) : 0;
    std::fprintf(stderr, "\r\x1b[K%s %s", bar(fraction).c_str(), describe(state).c_str());
    std::fflush(stderr);
    drawn_ = true;
  } else {
    log::info(describe(state));
  }
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace cairn
