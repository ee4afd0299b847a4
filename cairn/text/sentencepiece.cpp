#include "cairn/text/sentencepiece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <optional>
#include <unordered_map>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/text/characters.h"

namespace cairn::text {

namespace {

namespace sp = sentencepiece;

constexpr uint64_t kMaxModelBytes = 16 << 20;
constexpr size_t kMaxLineBytes = 1 << 20;

/// Lines as the library wants to walk them. What the walk throws waits until the library has returned.
class Lines : public sp::SentenceIterator {
 public:
  explicit Lines(const NextLine& next_line) : next_line_(next_line) { Next(); }

  bool done() const override { return done_; }
  const std::string& value() const override { return line_; }
  sp::util::Status status() const override { return {}; }
  void Next() override {
    try {
      done_ = !next_line_(line_);
      if (line_.size() > kMaxLineBytes) {
        throw InputError("sentencepiece",
                         got_expected(cat("a line of ", line_.size(), " bytes"), cat("at most ", kMaxLineBytes)));
      }
    } catch (...) {
      problem_ = std::current_exception();
      done_ = true;
    }
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  const NextLine& next_line_;
  std::string line_;
  bool done_ = false;
  std::exception_ptr problem_;
};

/// One thread, every line, in order: nothing is left to chance.
std::unordered_map<std::string, std::string> training_options(int64_t size) {
  return {{"vocab_size", std::to_string(size)},
          {"model_type", "unigram"},
          {"character_coverage", "1.0"},
          {"normalization_rule_name", "identity"},
          {"remove_extra_whitespaces", "false"},
          {"max_sentence_length", std::to_string(kMaxLineBytes)},
          {"num_threads", "1"},
          {"shuffle_input_sentence", "false"},
          {"minloglevel", "2"}};
}

/// The library's table of what characters become, in hexadecimal: every capital its small letter.
std::string lowercase_rules() {
  constexpr char32_t kCharacters = 0x110000;
  std::string rules;
  for (char32_t c = 0; c < kCharacters; ++c) {
    if (const char32_t small = lower(c); small != c) {
      rules += cat(std::hex, static_cast<uint32_t>(c), "\t", static_cast<uint32_t>(small), "\n");
    }
  }
  return rules;
}

/// The library's reason, without the place in its source that comes first.
std::string reason(const sp::util::Status& status) {
  const std::string message = status.message();
  const size_t place = message.rfind("] ");
  return place == std::string::npos ? message : message.substr(place + 2);
}

/// The library says what is wrong partly by a status, partly by exceptions of its index.
std::shared_ptr<const sp::SentencePieceProcessor> parsed(const std::string& model, const std::string& source) {
  auto processor = std::make_shared<sp::SentencePieceProcessor>();
  std::string problem;
  try {
    const auto status = processor->LoadFromSerializedProto(model);
    if (status.ok()) return processor;
    problem = reason(status);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  throw InputError(source, cat("is no SentencePiece model: ", problem));
}

}  // namespace

SentencePiece SentencePiece::learn(const NextLine& next_line, const SentencePieceOptions& options) {
  Lines lines(next_line);
  lines.rethrow();
  if (lines.done()) throw InputError("training text", got_expected("no line", "at least one"));
  auto training = training_options(options.size);
  std::optional<io::TemporaryFolder> folder;
  if (options.lowercase) {
    const auto rules = folder.emplace().path() / "lowercase.tsv";
    io::write_file(rules, lowercase_rules());
    training["normalization_rule_tsv"] = rules.string();
  }
  std::string model;
  const auto status = sp::SentencePieceTrainer::Train(training, &lines, &model);
  lines.rethrow();
  if (!status.ok())
    throw InputError("training text", cat("no SentencePiece model of ", options.size, " pieces: ", reason(status)));
  return SentencePiece(std::move(model), "the model learned");
}

SentencePiece::SentencePiece(std::string model, const std::string& source) : model_(std::move(model)) {
  if (model_.size() > kMaxModelBytes) {
    throw InputError(source, got_expected(cat(model_.size(), " bytes"), cat("at most ", kMaxModelBytes)));
  }
  processor_ = parsed(model_, source);
  if (processor_->eos_id() < 0) {
    throw InputError(source, got_expected("a SentencePiece model without </s>", "one with it"));
  }
}

SentencePiece SentencePiece::read(const std::filesystem::path& file) {
  return SentencePiece(io::read_file(file, kMaxModelBytes), file.string());
}

int64_t SentencePiece::size() const {
  return processor_->GetPieceSize();
}
int64_t SentencePiece::unknown() const {
  return processor_->unk_id();
}
int64_t SentencePiece::line_end() const {
  return processor_->eos_id();
}

void SentencePiece::encode(std::string_view line, std::vector<int64_t>& ids) const {
  std::vector<int> pieces;
  const auto status = processor_->Encode({line.data(), line.size()}, &pieces);
  if (!status.ok()) throw UsageError("sentencepiece", reason(status));
  ids.insert(ids.end(), pieces.begin(), pieces.end());
}

std::string SentencePiece::decode(const int64_t* begin, const int64_t* end) const {
  std::vector<std::string> pieces;
  for (const int64_t* id = begin; id != end; ++id) pieces.push_back(piece(*id));
  return decode(pieces);
}

std::string SentencePiece::decode(const std::vector<std::string>& pieces) const {
  std::string text;
  const auto status = processor_->Decode(pieces, &text);
  if (!status.ok()) throw UsageError("sentencepiece", reason(status));
  return text;
}

const std::string& SentencePiece::piece(int64_t id) const {
  if (id < 0 || id >= size())
    throw UsageError("sentencepiece", got_expected(cat("piece ", id), cat("0 .. ", size() - 1)));
  return processor_->IdToPiece(static_cast<int>(id));
}

}  // namespace cairn::text
