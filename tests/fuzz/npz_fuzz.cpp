// Archives of NumPy arrays: the zip container and its members.
#include "cairn/io/npz.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] { cairn::io::parse_npz(cairn::fuzz::bytes_of(data, size), "fuzz"); });
}
