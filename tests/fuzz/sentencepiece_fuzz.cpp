// SentencePiece models, and a line taken to pieces and put together by what was read.
#include "cairn/text/sentencepiece.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    const cairn::text::SentencePiece pieces(cairn::fuzz::text_of(data, size), "fuzz");
    std::vector<int64_t> ids;
    pieces.encode("the rose is 红", ids);
    pieces.decode(ids.data(), ids.data() + ids.size());
    pieces.piece(pieces.line_end());
  });
}
