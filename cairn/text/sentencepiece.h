// Pieces of words, learned from a text and found again without rules of any language (Kudo & Richardson 2018,
// SentencePiece): the library's unigram model behind the few calls that the project needs.
//
// The text is taken as it is: no Unicode normalisation, no spaces dropped, so that decoding gives the line back, in
// small letters if the model was learned so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace cairn::text {

/// Gives the next line, or false at the end.
using NextLine = std::function<bool(std::string& line)>;

struct SentencePieceOptions {
  int64_t size = 0;        ///< pieces, among them <unk>, <s> and </s>
  bool lowercase = false;  ///< the model maps capitals to small letters (text::lower) before it looks for pieces
};

class SentencePiece {
 public:
  /// Learns exactly `options.size` pieces. The same lines give the same model, whatever the
  /// machine's number of threads. All lines are held in memory; one longer than 1 MiB is refused. Throws InputError for
  /// a text that has too few or too many different characters and words for so many pieces, naming the library's
  /// reason.
  static SentencePiece learn(const NextLine& next_line, const SentencePieceOptions& options);
  /// A model as the library serialises it (`.model`); `source` names it in messages. Throws InputError for damage, for
  /// more than 16 MiB, and for a model without </s>.
  SentencePiece(std::string model, const std::string& source);
  static SentencePiece read(const std::filesystem::path& file);

  const std::string& model() const { return model_; }  ///< its bytes
  int64_t size() const;
  int64_t unknown() const;   ///< id of <unk>
  int64_t line_end() const;  ///< id of </s>

  /// Appends the ids of one line; characters that were never seen are `unknown()`.
  void encode(std::string_view line, std::vector<int64_t>& ids) const;
  /// The text of pieces [begin, end); an unknown one is " ⁇ ". Throws UsageError for an id that is none.
  std::string decode(const int64_t* begin, const int64_t* end) const;
  /// The text of pieces by what they are, among them such that this model lacks.
  std::string decode(const std::vector<std::string>& pieces) const;
  /// "▁the": a space is shown as U+2581.
  const std::string& piece(int64_t id) const;

 private:
  std::string model_;
  std::shared_ptr<const sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace cairn::text
