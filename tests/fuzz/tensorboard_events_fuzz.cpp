// The scan for whole records in an event file that a run resumes.
#include <sys/mman.h>
#include <unistd.h>

#include "cairn/io/tensorboard_events.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int file = ::memfd_create("events", 0);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
  const int result = cairn::fuzz::refuses_or_reads([&] {
    const int64_t whole = cairn::io::whole_event_bytes(cairn::cat("/proc/self/fd/", file));
    if (whole < 0 || static_cast<size_t>(whole) > size) __builtin_trap();
  });
  ::close(file);
  return result;
}
