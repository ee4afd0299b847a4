// The tokenizers that BLEU is quoted with, by sacreBLEU's names (Post 2018, "A call for clarity in reporting BLEU
// scores"). BLEU depends on them by several points, so a score's signature names its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cairn::metrics {

enum class BleuTokenizer {
  v13a,           ///< "13a": as mteval-v13a.pl, of WMT: ASCII punctuation apart, numbers whole, four entities decoded
  international,  ///< "intl": as mteval-v14.pl: Unicode's punctuation and symbols apart, but none between two numbers
  character,      ///< "char": each character a token
  chinese,        ///< "zh": each Chinese character a token, the rest as 13a without its entities
  none,           ///< "none": what stands between white space
};

std::vector<std::string> bleu_tokenizer_names();  ///< "13a", "intl", "char", "zh", "none"
/// Throws UsageError with the nearest name.
BleuTokenizer bleu_tokenizer_named(const std::string& name);
std::string name_of(BleuTokenizer tokenizer);

/// The tokens of a line with one space between two. Categories of characters are those of the installed ICU's Unicode.
std::u32string bleu_tokens(std::u32string line, BleuTokenizer tokenizer);
/// The same of UTF-8. Throws InputError for bytes that are not.
std::string bleu_tokens(std::string_view line, BleuTokenizer tokenizer);

}  // namespace cairn::metrics
