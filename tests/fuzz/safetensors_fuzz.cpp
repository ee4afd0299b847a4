// safetensors files.
#include "cairn/io/safetensors.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads(
      [&] { cairn::io::parse_safetensors(cairn::fuzz::bytes_of(data, size), "fuzz"); });
}
