// fairseq's dictionaries: a text file with a line `token count` for each token.
//
// Four tokens come first without a line: <s>, <pad>, </s> and <unk>, numbers 0 to 3. A third field `#fairseq:overwrite`
// says that a token which was there before has the new number from here on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cairn/text/vocabulary.h"

namespace cairn::text {

constexpr const char* kFairseqPadding = "<pad>";
constexpr const char* kFairseqLineEnd = "</s>";

/// Tokens by number. The earlier number of an overwritten token keeps its place under a name that no line of text
/// holds. Throws InputError naming file and line for a line of another form and for a token that is there twice.
Vocabulary read_fairseq_dictionary(const std::filesystem::path& file);
/// The same from bytes in memory; `name` stands for the file in messages.
Vocabulary parse_fairseq_dictionary(std::string_view bytes, const std::string& name);

/// The same with names that no line of text holds up to `size` tokens.
Vocabulary filled_up(const Vocabulary& vocabulary, int64_t size);

}  // namespace cairn::text
