// What BLEU and chrF have in common: how segments are read, and the form of their signatures (sacreBLEU's).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::metrics {

/// How many references the sentences had so far.
class ReferenceCount {
 public:
  void add(size_t references);
  /// "3", or "var" where sentences had different numbers.
  std::string text() const;

 private:
  size_t count_ = 0;
  bool varies_ = false;
};

enum class LetterCase { mixed, lower };

/// The characters of a segment, lower-cased where asked. Throws InputError for bytes that are not UTF-8.
std::u32string segment_characters(std::string_view segment, LetterCase letters);

/// "nrefs:1|case:mixed|<middle>|version:cairn-0.1.0": sacreBLEU's form, but for the version, which names this program.
std::string signature_of(const ReferenceCount& references, LetterCase letters, const std::string& middle);

}  // namespace cairn::metrics
