#include "cairn/base/stop.h"

#include <csignal>

namespace cairn {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

volatile std::sig_atomic_t requested = 0;
struct sigaction before[2];

void on_signal(int signal) {
  requested = 1;
  std::signal(signal, SIG_DFL);  // a second one ends the program at once
}

}  // namespace

StopSignals::StopSignals() {
  requested = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &action, &before[i]);
}

StopSignals::~StopSignals() {
  for (int i = 0; i < 2; ++i) sigaction(kSignals[i], &before[i], nullptr);
}

bool stop_requested() {
  return requested != 0;
}

}  // namespace cairn
