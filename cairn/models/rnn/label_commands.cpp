// The tasks of `cairn run MODEL` for recurrent networks that write no text: labels, states, generated problems.
#include <charconv>
#include <cmath>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"
#include "cairn/io/array_file.h"
#include "cairn/models/rnn/model_factory.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "cairn/text/columns.h"

namespace cairn {

namespace {

struct WordFlags {
  int64_t limit = 100000;
  void fields(Fields& f) { f("limit", limit, "words that a line may have", at_least(1)); }
};

struct SolveFlags {
  SequenceModel::SolveOptions options;
  void fields(Fields& f) {
    f("count", options.count, "sequences", at_least(1));
    f("length", options.length, "T", at_least(1));
    f("seed", options.seed, "of the random numbers", at_least(0));
  }
};

std::vector<double> numbers_of(const torch::Tensor& row) {
  const auto values = row.to(torch::kFloat64).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

/// Lines of a file, a pipe or a terminal, each handed over before the next one is awaited.
template <class Visit>
void for_each_line(const std::string& path, const Visit& visit) {
  std::ifstream in(path);
  if (!in) throw EnvironmentError(path, "cannot be read");
  int64_t number = 0;
  for (std::string line; std::getline(in, line);) visit(line, number++);
  if (in.bad()) throw EnvironmentError(path, "cannot be read to its end");
}

/// Numbers between spaces, tabs or commas. Throws InputError naming the row.
torch::Tensor parse_row(const std::string& line, const std::string& place) {
  std::vector<float> values;
  for (const auto& word : text::columns_of(line, " \t,\r")) {
    float value = 0;
    const auto [stop, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem != std::errc() || stop != word.data() + word.size() || !std::isfinite(value)) {
      throw InputError(place, got_expected(cat("'", word, "'"), "a finite number"));
    }
    values.push_back(value);
  }
  return torch::tensor(values);
}

void write_label(const Invocation& call, const torch::Tensor& p) {
  call.rows->row({{"label", p.argmax().item<int64_t>()}, {"probabilities", numbers_of(p)}});
}

/// Rows of numbers as text, a row in, a row out at once: what a camera feeds is not waited for.
void label_stream(const SequenceModel& model, const Invocation& call) {
  model.require_online("label");
  auto state = model.start();
  for_each_line(call.in, [&](const std::string& line, int64_t number) {
    const std::string place = cat("row ", number);
    const auto features = parse_row(line, place);
    if (features.numel() != model.width()) {
      throw InputError(place,
                       got_expected(cat(features.numel(), " features"), cat(model.width(), " as the model takes")));
    }
    write_label(call, model.step(state, features));
    call.rows->flush();
  });
}

void label_rows(const SequenceModel& model, const Invocation& call) {
  const auto& in = call.require_in("label", "a .npy file of T x D features, or rows of numbers as text");
  if (!in.ends_with(".npy") && !in.ends_with(".npz")) return label_stream(model, call);
  const auto p = model.label(io::read_array(in));
  for (int64_t t = 0; t < p.size(0); ++t) write_label(call, p[t]);
}

/// Sentences, a line each: a row for each word, all of a line's before the next line is read.
void label_lines(const SequenceModel& model, const Invocation& call, int64_t limit) {
  call.require_in("label", "a text file, a sentence a line");
  for_each_line(call.in, [&](const std::string& line, int64_t number) {
    const std::string place = cat("line ", number + 1);
    if (invalid_utf8(line) != std::string::npos) throw InputError(place, "is not UTF-8");
    const auto words = text::columns_of(line, " \t\r");
    const auto p = model.label(words, place, limit);
    for (size_t k = 0; k < words.size(); ++k) {
      const auto row = p[static_cast<int64_t>(k)];
      call.rows->row({{"line", number + 1},
                      {"word", words[k]},
                      {"label", model.label_names()[static_cast<size_t>(row.argmax().item<int64_t>())]},
                      {"probabilities", numbers_of(row)}});
    }
    call.rows->flush();
  });
}

void write_states(const SequenceModel& model, const Invocation& call) {
  const auto h = model.states(io::read_array(call.require_in("states", "a .npy file of T x D features")));
  for (int64_t t = 0; t < h.size(0); ++t) call.rows->row({{"state", numbers_of(h[t])}});
}

void write_solutions(const SequenceModel& model, const Invocation& call, const SequenceModel::SolveOptions& options) {
  const auto solutions = model.solve(options);
  for (int64_t k = 0; k < options.count; ++k) {
    call.rows->row({{"expected", numbers_of(solutions.expected[k])}, {"answer", numbers_of(solutions.answer[k])}});
  }
}

}  // namespace

std::vector<Command> SequenceModel::word_commands() {
  const auto flags = std::make_shared<WordFlags>();
  return {{.name = "label",
           .help = "a label and the probabilities of all for each word of --in, a sentence a line; a line is answered "
                   "before the next one is read",
           .options = fields_of(*flags),
           .run = [this, flags](const Invocation& call) { label_lines(*this, call, flags->limit); },
           .streams_in = true}};
}

std::vector<Command> SequenceModel::feature_commands() {
  Command states{.name = "states",
                 .help = "the last layer's hidden state for each row of features of --in, a .npy file",
                 .options = {},
                 .run = [this](const Invocation& call) { write_states(*this, call); }};
  if (!loaded_->spec.config.labels()) return {states};
  return {{.name = "label",
           .help = "a label and the probabilities of all for each row of features of --in: a .npy file, or rows of "
                   "numbers as text, each answered before the next one is read (--in -, or a named pipe)",
           .options = {},
           .run = [this](const Invocation& call) { label_rows(*this, call); },
           .streams_in = true},
          states};
}

std::vector<Command> SequenceModel::problem_commands() {
  const auto flags = std::make_shared<SolveFlags>();
  return {{.name = "solve",
           .help = "what is right and what the model answers, for sequences drawn anew",
           .options = fields_of(*flags),
           .run = [this, flags](const Invocation& call) { write_solutions(*this, call, flags->options); }}};
}

}  // namespace cairn
