#include "cairn/metrics/segments.h"

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"
#include "cairn/base/version.h"
#include "cairn/text/characters.h"
#include "cairn/text/unicode.h"

namespace cairn::metrics {

void ReferenceCount::add(size_t references) {
  if (references == 0) throw UsageError("metric", "got a sentence without references, expected one or more");
  varies_ |= count_ != 0 && count_ != references;
  count_ = references;
}

std::string ReferenceCount::text() const {
  return varies_ ? "var" : std::to_string(count_);
}

std::u32string segment_characters(std::string_view segment, LetterCase letters) {
  if (const size_t bad = invalid_utf8(segment); bad != std::string_view::npos) {
    throw InputError("metric", cat("byte ", bad, " of '", segment.substr(0, bad), "...' is not UTF-8"));
  }
  const auto characters = text::characters_of(segment);
  return letters == LetterCase::lower ? text::lower_case(characters) : characters;
}

std::string signature_of(const ReferenceCount& references, LetterCase letters, const std::string& middle) {
  return cat("nrefs:", references.text(), "|case:", letters == LetterCase::lower ? "lc" : "mixed", "|", middle,
             "|version:cairn-", version());
}

}  // namespace cairn::metrics
