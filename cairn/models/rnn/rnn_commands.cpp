// The tasks of `cairn run MODEL` for recurrent networks.
#include <charconv>
#include <cmath>
#include <fstream>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/io/array_file.h"
#include "cairn/io/atomic_file.h"
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

const std::string& require_in(const Invocation& call, const char* task, const char* what) {
  if (call.in.empty()) throw UsageError(task, cat("got no --in, expected ", what));
  return call.in;
}

void score_lines(const SequenceModel& model, const Invocation& call, int64_t limit) {
  text::LineReader reader(
      text::TextSource(text::text_files(require_in(call, "score", "a text file, a sentence a line"))));
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

void write_label(const Invocation& call, const torch::Tensor& p) {
  const auto row = p.to(torch::kFloat64).contiguous();
  const double* values = row.const_data_ptr<double>();
  call.rows->row(
      {{"label", row.argmax().item<int64_t>()}, {"probabilities", std::vector<double>(values, values + row.numel())}});
}

/// Numbers between spaces, tabs or commas. Throws InputError naming the row.
torch::Tensor parse_row(const std::string& line, int64_t row) {
  std::vector<float> values;
  for (size_t at = 0; (at = line.find_first_not_of(" \t,\r", at)) != std::string::npos;) {
    const size_t end = std::min(line.find_first_of(" \t,\r", at), line.size());
    float value = 0;
    const auto [stop, problem] = std::from_chars(line.data() + at, line.data() + end, value);
    if (problem != std::errc() || stop != line.data() + end || !std::isfinite(value)) {
      throw InputError(cat("row ", row), got_expected(cat("'", line.substr(at, end - at), "'"), "a finite number"));
    }
    values.push_back(value);
    at = end;
  }
  return torch::tensor(values);
}

/// Rows of numbers as text, a row in, a row out at once: what a camera feeds is not waited for.
void label_stream(const SequenceModel& model, const Invocation& call) {
  std::ifstream in(call.in);
  if (!in) throw EnvironmentError(call.in, "cannot be read");
  auto state = model.start();
  int64_t row = 0;
  for (std::string line; std::getline(in, line); ++row) {
    const auto features = parse_row(line, row);
    if (features.numel() != model.width()) {
      throw InputError(cat("row ", row),
                       got_expected(cat(features.numel(), " features"), cat(model.width(), " as the model takes")));
    }
    write_label(call, model.step(state, features));
    std::cout.flush();
  }
}

void label_rows(const SequenceModel& model, const Invocation& call) {
  const auto& in = require_in(call, "label", "a .npy file of T x D features, or rows of numbers as text");
  if (!in.ends_with(".npy") && !in.ends_with(".npz")) return label_stream(model, call);
  const auto p = model.label(io::read_array(in));
  for (int64_t t = 0; t < p.size(0); ++t) write_label(call, p[t]);
}

}  // namespace

std::vector<Command> SequenceModel::commands() {
  if (!writes_text()) {
    return {
        {.name = "label",
         .help =
             "a label and the probabilities of all for each row of features of --in: a .npy file, or rows of numbers "
             "as text, which are answered one by one (--in /dev/stdin, or a named pipe)",
         .options = {},
         .run = [this](const Invocation& call) { label_rows(*this, call); }}};
  }
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

}  // namespace cairn
