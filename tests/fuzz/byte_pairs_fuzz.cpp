// A vocabulary and merges of byte pairs, a line each, with an empty line between; a text by what was read.
#include "cairn/base/text.h"
#include "cairn/text/byte_pairs.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    auto tokens = cairn::split(cairn::fuzz::text_of(data, size), '\n');
    const auto gap = std::find(tokens.begin(), tokens.end(), "");
    std::vector<std::string> merges(gap == tokens.end() ? gap : gap + 1, tokens.end());
    tokens.erase(gap, tokens.end());
    const cairn::text::BytePairs pairs(cairn::text::Vocabulary(std::move(tokens)), std::move(merges), "fuzz");
    std::vector<int64_t> ids;
    pairs.encode("the rose's 12  红\n", ids);
    pairs.decode(ids.data(), ids.data() + ids.size());
  });
}
