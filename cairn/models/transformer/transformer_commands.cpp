// The tasks of `cairn run MODEL` for Transformers.
#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/transformer/attention_map.h"
#include "cairn/models/transformer/transformer_pipeline.h"
#include "cairn/text/text_source.h"

namespace cairn {

using namespace transformer;

namespace {

struct DrawFlags {
  double temperature = 1;
  int64_t top_k = 0;
  double top_p = 1;
  int64_t seed = 0;
  void fields(Fields& f) {
    f("temperature", temperature, "below 1: likelier tokens more often; 0: always the likeliest", at_least(0));
    f("top_k", top_k, "draw from the k likeliest tokens (0: from all)", at_least(0));
    f("top_p", top_p, "draw from the fewest likeliest tokens that have this probability", between(1e-9, 1));
    f("seed", seed, "of the random numbers", at_least(0));
  }
  SamplingOptions options() const { return {.temperature = temperature, .top_k = top_k, .top_p = top_p, .seed = seed}; }
};

struct TranslateFlags {
  TranslateOptions defaults;
  int64_t beam = defaults.search.beam;
  int64_t batch = defaults.batch;
  int64_t nbest = 1;
  bool scores = false;
  std::string penalty = "gnmt";
  double alpha = defaults.search.penalty.alpha;
  std::string stop = "first";
  std::string prefix;
  std::vector<double> most{defaults.most.a, defaults.most.b};
  std::vector<double> least{0, 0};
  int64_t limit = defaults.limit;
  std::string longer = "refuse";
  bool sample = false;
  DrawFlags draw;

  void fields(Fields& f) {
    f("beam", beam, "hypotheses kept at each step; 1: the likeliest token at each", at_least(1));
    f("batch", batch, "sentences side by side", at_least(1));
    f("nbest", nbest, "translations of each sentence, at most as many as the beam has: with line, rank and scores",
      at_least(1));
    f("scores", scores, "also write score, log-probability in nats and tokens");
    f("penalty", penalty,
      "what a log-probability is divided by: none, gnmt ((5 + length) / 6)^alpha or length^alpha, the end counted",
      one_of(penalty_form_names()));
    f("alpha", alpha, "of the penalty", at_least(0));
    f("stop", stop,
      "first (when a beam of hypotheses has ended), likely (and none alive ranks higher now) or exact (and "
      "none can)",
      one_of(beam_stop_names()));
    f("prefix", prefix, "what each translation begins with");
    f("most", most, "A B: at most A x (the source's tokens) + B tokens");
    f("least", least, "A B: at least as many");
    f("limit", limit, "tokens that a source may have", at_least(1));
    f("longer", longer, "a source that has more: refuse or cut", one_of({"refuse", "cut"}));
    f("sample", sample, "draw translations instead of searching the likeliest ones");
    draw.fields(f);
  }

  TranslateOptions options() const {
    return {.search = {.beam = beam,
                       .best = nbest,
                       .penalty = {penalty_form_named(penalty), alpha},
                       .stop = beam_stop_named(stop)},
            .drawn = sample ? std::make_optional(draw.options()) : std::nullopt,
            .prefix = prefix,
            .least = rule("least", least),
            .most = rule("most", most),
            .limit = limit,
            .longer = longer == "cut" ? LongSentence::cut : LongSentence::refuse,
            .batch = batch};
  }

 private:
  static LengthRule rule(const char* name, const std::vector<double>& numbers) {
    if (numbers.size() == 2) return {numbers[0], numbers[1]};
    throw UsageError(name, got_expected(cat(numbers.size(), " numbers"), "two, A and B"));
  }
};

Json row_of(const Translation& translation, const TranslateFlags& flags, size_t line, size_t rank) {
  Json row;
  if (flags.nbest > 1) row = {{"line", line}, {"rank", rank}};
  if (flags.nbest > 1 || flags.scores) {
    row["score"] = translation.score;
    row["log_probability"] = translation.log_probability;
    row["tokens"] = translation.tokens;
  }
  row["text"] = translation.text;
  return row;
}

text::LineReader lines_of(const std::string& file) {
  return text::LineReader(text::TextSource(text::text_files(file)));
}

constexpr int64_t kBatchesRead = 64;  // of which the lines are sorted together

void translate_lines(const Translator& translator, const Invocation& call, const TranslateFlags& flags) {
  auto reader = lines_of(call.require_in("translate", "a text file, a sentence a line"));
  const auto options = flags.options();
  const auto most = static_cast<size_t>(flags.batch * kBatchesRead);
  std::vector<std::string> lines;
  uint64_t first = 1;
  const auto translate = [&] {
    const auto results = translator.translate(lines, options, first);
    for (size_t k = 0; k < results.size(); ++k) {
      for (size_t rank = 0; rank < results[k].size(); ++rank) {
        call.rows->row(row_of(results[k][rank], flags, first + k, rank + 1));
      }
    }
    first += lines.size();
    lines.clear();
  };
  for (std::string line; reader.next(line);) {
    lines.push_back(line);
    if (lines.size() == most) translate();
  }
  translate();
}

struct ScoreTranslationFlags {
  std::string target;
  int64_t batch = 32;
  void fields(Fields& f) {
    f("target", target, "the file of translations, a line for each of --in");
    f("batch", batch, "pairs side by side", at_least(1));
  }
};

struct ScoreTextFlags {
  TextGenerator::ScoreOptions options;
  bool whole = false;
  void fields(Fields& f) {
    f("whole", whole,
      "all lines as one text, in one pass: with linear attention of any length in constant memory (state_bytes)");
    f("limit", options.limit, "tokens that a line may have", at_least(1));
    f("batch", options.batch, "lines side by side", at_least(1));
  }
};

struct SampleFlags {
  std::string prefix;
  int64_t length = 200;
  DrawFlags draw;
  void fields(Fields& f) {
    f("prefix", prefix, "what the text goes on from");
    f("length", length, "tokens to write", at_least(0));
    draw.fields(f);
  }
};

void write_scores(const Invocation& call, const std::vector<TextScore>& scores) {
  for (const auto& score : scores) {
    call.rows->row({{"log_probability", score.log_probability}, {"tokens", score.tokens}});
  }
}

void write_whole_score(const Invocation& call, const TextGenerator::WholeScore& score) {
  call.rows->row(
      {{"log_probability", score.log_probability}, {"tokens", score.tokens}, {"state_bytes", score.state_bytes}});
}

void write_sample(const TextGenerator& generator, const Invocation& call, const SampleFlags& flags) {
  const auto text = generator.sample({.prefix = flags.prefix, .length = flags.length, .drawn = flags.draw.options()});
  if (!call.out.empty()) return io::write_file(call.out, text);
  call.rows->row({{"text", text}});
}

}  // namespace

std::vector<Command> Translator::commands() {
  const auto translate_flags = std::make_shared<TranslateFlags>();
  const auto score_flags = std::make_shared<ScoreTranslationFlags>();
  return {{.name = "translate",
           .help = "a translation of each line of --in",
           .options = fields_of(*translate_flags),
           .run = [this, translate_flags](const Invocation& call) { translate_lines(*this, call, *translate_flags); },
           .streams_in = true},
          {.name = "score",
           .help = "log-probability in nats and number of tokens (its end counted) of each line of --target as the "
                   "translation of that of --in",
           .options = fields_of(*score_flags),
           .run =
               [this, score_flags](const Invocation& call) {
                 const auto sources = text::all_lines(call.require_in("score", "a text file, a sentence a line"));
                 if (score_flags->target.empty()) {
                   throw UsageError("score", got_expected("no --target", "a text file, a translation a line"));
                 }
                 write_scores(call, score(sources, text::all_lines(score_flags->target), score_flags->batch));
               }},
          attention_command(*this)};
}

std::vector<Command> TextGenerator::commands() {
  const auto score_flags = std::make_shared<ScoreTextFlags>();
  const auto sample_flags = std::make_shared<SampleFlags>();
  return {
      {.name = "score",
       .help = "log-probability in nats and number of tokens (its end counted) of each line of --in, or of the whole",
       .options = fields_of(*score_flags),
       .run =
           [this, score_flags](const Invocation& call) {
             const auto& file = call.require_in("score", "a text file, a sentence a line");
             if (score_flags->whole) return write_whole_score(call, score_whole(lines_of(file)));
             write_scores(call, score(text::all_lines(file), score_flags->options));
           }},
      {.name = "sample",
       .help = "write a text",
       .options = fields_of(*sample_flags),
       .run = [this, sample_flags](const Invocation& call) { write_sample(*this, call, *sample_flags); },
       .writes_out = true}};
}

}  // namespace cairn
