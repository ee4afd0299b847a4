// Dictionaries: a token and its count in each line.
#include "cairn/text/fairseq_dictionary.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads(
      [&] { cairn::text::parse_fairseq_dictionary(cairn::fuzz::text_of(data, size), "fuzz"); });
}
