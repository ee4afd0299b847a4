// The tasks of `cairn run MODEL` for recurrent networks: those of language models, and which a model has.
#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/rnn/model_factory.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "cairn/text/text_source.h"

namespace cairn {

namespace {

struct ScoreFlags {
  int64_t limit = 100000;
  void fields(Fields& f) { f("limit", limit, "tokens that a line may have", at_least(1)); }
};

struct SampleFlags {
  std::string prefix;
  int64_t length = 200;
  double temperature = 1;
  int64_t seed = 0;
  void fields(Fields& f) {
    f("prefix", prefix, "what the text goes on from");
    f("length", length, "tokens to write", at_least(0));
    f("temperature", temperature, "below 1: likelier tokens more often; 0: always the likeliest", at_least(0));
    f("seed", seed, "of the random numbers", at_least(0));
  }
};

void score_lines(const SequenceModel& model, const Invocation& call, int64_t limit) {
  text::LineReader reader(
      text::TextSource(text::text_files(call.require_in("score", "a text file, a sentence a line"))));
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  for (const auto& score : model.score(lines, limit)) {
    call.rows->row({{"log_probability", score.log_probability}, {"tokens", score.tokens}});
  }
}

void write_sample(const SequenceModel& model, const Invocation& call, const SampleFlags& flags) {
  const auto text = model.sample(
      {.prefix = flags.prefix, .length = flags.length, .temperature = flags.temperature, .seed = flags.seed});
  if (!call.out.empty()) return io::write_file(call.out, text);
  call.rows->row({{"text", text}});
}

}  // namespace

std::vector<Command> SequenceModel::text_commands() {
  const auto score_flags = std::make_shared<ScoreFlags>();
  const auto sample_flags = std::make_shared<SampleFlags>();
  return {{.name = "score",
           .help = "log-probability in nats and number of tokens (its end counted) of each line of --in",
           .options = fields_of(*score_flags),
           .run = [this, score_flags](const Invocation& call) { score_lines(*this, call, score_flags->limit); }},
          {.name = "sample",
           .help = "write a text",
           .options = fields_of(*sample_flags),
           .run = [this, sample_flags](const Invocation& call) { write_sample(*this, call, *sample_flags); },
           .writes_out = true}};
}

std::vector<Command> SequenceModel::commands() {
  const auto& config = loaded_->spec.config;
  if (config.language()) return text_commands();
  if (config.words) return word_commands();
  return config.labels() || !config.predicts() ? feature_commands() : problem_commands();
}

}  // namespace cairn
