// The tasks of `cairn run MODEL` for density models.
#include <algorithm>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/array_file.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/array_output.h"
#include "cairn/models/autoregressive/autoregressive_pipeline.h"
#include "cairn/vision/image.h"

namespace cairn {

namespace {

torch::Tensor read_input(const Invocation& call, const char* task) {
  return io::read_array(call.require_in(task, "a .npy, .npz or idx file of N examples"));
}

/// "left", "right", "top", "bottom" (that half is known), or a file with an array of 0 and 1 of an example's shape.
torch::Tensor read_mask(const std::string& name, const std::vector<int64_t>& shape) {
  const auto mask = torch::zeros(shape, torch::kBool);
  const bool halves = shape.size() >= 2;
  const int64_t rows = halves ? shape[0] : 0, columns = halves ? shape[1] : 0;
  if (halves && name == "top") return mask.narrow(0, 0, rows / 2).fill_(true), mask;
  if (halves && name == "bottom") return mask.narrow(0, rows - rows / 2, rows / 2).fill_(true), mask;
  if (halves && name == "left") return mask.narrow(1, 0, columns / 2).fill_(true), mask;
  if (halves && name == "right") return mask.narrow(1, columns - columns / 2, columns / 2).fill_(true), mask;
  if (name.empty()) {
    throw UsageError("complete", "got no --known, expected top, bottom, left, right or a file with a mask of 0 and 1");
  }
  return io::read_array(name).ne(0);
}

struct SampleFlags {
  int64_t count = 16;
  int64_t seed = 0;
  std::optional<int64_t> label;
  void fields(Fields& f) {
    f("count", count, "examples to draw", at_least(0));
    f("seed", seed, "of the random numbers", at_least(0));
    f("label", label, "draw examples of this class (joint models with the label first)");
  }
};

struct CompleteFlags {
  std::string known;
  int64_t seed = 0;
  void fields(Fields& f) {
    f("known", known, "what is known: top, bottom, left, right, or a file with a mask of 0 and 1");
    f("seed", seed, "of the random numbers", at_least(0));
  }
};

struct SeesFlags {
  int64_t row = 0;
  int64_t column = 0;
  void fields(Fields& f) {
    f("row", row, "of the pixel, from 0", at_least(0));
    f("column", column, "of the pixel, from 0", at_least(0));
  }
};

void write_scores(const Invocation& call, const torch::Tensor& scores) {
  for (int64_t n = 0; n < scores.size(0); ++n) call.rows->row({{"log_likelihood", scores[n].item<double>()}});
}

void write_posteriors(const Invocation& call, const torch::Tensor& p) {
  for (int64_t n = 0; n < p.size(0); ++n) {
    const auto row = p[n].contiguous();
    const double* values = row.data_ptr<double>();
    call.rows->row({{"label", row.argmax().item<int64_t>()},
                    {"probabilities", std::vector<double>(values, values + row.size(0))}});
  }
}

const std::string& require_out(const Invocation& call, const char* task) {
  if (call.out.empty()) throw UsageError(task, "got no --out, expected a file to write");
  return call.out;
}

void compress_file(const DensityEstimator& model, const Invocation& call) {
  const auto& out = require_out(call, "compress");
  const auto x = read_input(call, "compress");
  const auto result = model.compress(x);
  io::write_file(out, {reinterpret_cast<const char*>(result.bytes.data()), result.bytes.size()});
  call.rows->row({{"count", x.size(0)}, {"bytes", result.bytes.size()}, {"ideal_bytes", result.ideal_bits / 8}});
}

void decompress_file(const DensityEstimator& model, const Invocation& call) {
  const auto& out = require_out(call, "decompress");
  constexpr size_t kMaxBytes = size_t{1} << 32;
  const std::string bytes = io::read_file(call.require_in("decompress", "a file that `compress` wrote"), kMaxBytes);
  const auto x = model.decompress({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, call.in);
  write_examples(x, out, *call.rows);
  call.rows->row({{"count", x.size(0)}});
}

void show_view(const DensityEstimator& model, const SeesFlags& flags, const Invocation& call) {
  const auto& out = require_out(call, "sees");
  const auto view = model.sees(flags.row, flags.column);
  vision::write_png(out, view.picture);
  call.rows->row({{"seen", view.seen}, {"earlier", view.earlier}});
}

}  // namespace

std::vector<Command> DensityEstimator::commands() {
  const auto sample_flags = std::make_shared<SampleFlags>();
  const auto complete_flags = std::make_shared<CompleteFlags>();
  const auto sees_flags = std::make_shared<SeesFlags>();
  return {
      {.name = "score",
       .help = "log p(x) in nats, one row for each example of --in",
       .options = {},
       .run = [this](const Invocation& call) { write_scores(call, score(read_input(call, "score"))); }},
      {.name = "sample",
       .help = "draw examples from the model",
       .options = fields_of(*sample_flags),
       .run =
           [this, sample_flags](const Invocation& call) {
             const auto drawn =
                 sample({.count = sample_flags->count, .seed = sample_flags->seed, .label = sample_flags->label});
             write_examples(drawn, call.out, *call.rows);
           },
       .writes_out = true},
      {.name = "complete",
       .help = "draw the unknown part of each example of --in, given the known part",
       .options = fields_of(*complete_flags),
       .run =
           [this, complete_flags](const Invocation& call) {
             const auto mask = read_mask(complete_flags->known, shape());
             write_examples(complete(read_input(call, "complete"), mask, complete_flags->seed), call.out, *call.rows);
           },
       .writes_out = true},
      {.name = "classify",
       .help = "p(y | x) of a joint model, one row for each example of --in",
       .options = {},
       .run = [this](const Invocation& call) { write_posteriors(call, classify(read_input(call, "classify"))); }},
      {.name = "sees",
       .help = "draw which earlier pixels a pixel's conditional depends on, into the PNG file --out",
       .options = fields_of(*sees_flags),
       .run = [this, sees_flags](const Invocation& call) { show_view(*this, *sees_flags, call); },
       .writes_out = true},
      {.name = "compress",
       .help = "code --in without loss into --out with the model's probabilities",
       .options = {},
       .run = [this](const Invocation& call) { compress_file(*this, call); },
       .writes_out = true},
      {.name = "decompress",
       .help = "the array that was compressed into --in, written to --out",
       .options = {},
       .run = [this](const Invocation& call) { decompress_file(*this, call); },
       .writes_out = true},
  };
}

}  // namespace cairn
