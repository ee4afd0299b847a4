// gzip data, up to a bound.
#include "cairn/io/gzip.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kBound = 1 << 20;
  return cairn::fuzz::refuses_or_reads([&] {
    const std::string text = cairn::io::gunzip(cairn::fuzz::bytes_of(data, size), kBound, "fuzz");
    if (text.size() > kBound) __builtin_trap();
  });
}
