#include "cairn/models/word2vec/word2vec_learner.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/threads.h"
#include "cairn/data/source.h"
#include "cairn/models/word2vec/continuation.h"
#include "cairn/models/word2vec/gallery.h"
#include "cairn/models/word2vec/word2vec_training.h"
#include "cairn/train/report.h"
#include "cairn/train/train_config.h"

namespace cairn::word2vec {

using data::Split;

namespace {

/// Each word's vector: its row, or the mean of its row and its n-grams'.
torch::Tensor word_rows(const Parameters& parameters, const Sampling& sampling, int64_t words) {
  if (sampling.subwords.empty()) return parameters.input.values().narrow(0, 0, words);
  const auto vectors = torch::empty({words, parameters.input.width()}, torch::kFloat32);
  for (int64_t v = 0; v < words; ++v) {
    float* out = vectors.data_ptr<float>() + v * parameters.input.width();
    const auto& rows = sampling.subwords[static_cast<size_t>(v)];
    std::fill_n(out, parameters.input.width(), 0.0f);
    for (const int32_t row : rows) {
      for (int64_t k = 0; k < parameters.input.width(); ++k) out[k] += parameters.input.row(row)[k];
    }
    for (int64_t k = 0; k < parameters.input.width(); ++k) out[k] *= 1.0f / static_cast<float>(rows.size());
  }
  return vectors;
}

void check(const ModelConfig& model, const DataConfig& data) {
  if (model.subwords() && (model.min_n < 1 || model.min_n > model.max_n)) {
    throw UsageError("model.min_n", got_expected(model.min_n, cat("1 .. model.max_n, ", model.max_n)));
  }
  if (data.vocabulary != "replace" && model.start.empty()) {
    throw UsageError("data.vocabulary",
                     got_expected(data.vocabulary + " without model.start", "a model to go on from"));
  }
}

}  // namespace

bool Word2VecLearner::has(Split split) const {
  return split == Split::train ? parts_.corpus.has_value() : !tests(split).empty();
}

WordVectors Word2VecLearner::current() const {
  VectorTable table{.vocabulary = parts_.vocabulary,
                    .vectors = word_rows(parts_.parameters, parts_.sampling, parts_.vocabulary.size())};
  if (parts_.model.subwords()) {
    table.subwords =
        SubwordOptions{.min_n = parts_.model.min_n, .max_n = parts_.model.max_n, .bucket = parts_.model.bucket};
    table.ngrams = parts_.parameters.input.values().narrow(0, parts_.vocabulary.size(), parts_.model.bucket);
  }
  return WordVectors(std::move(table));
}

train::Evaluation Word2VecLearner::evaluate(const train::EvaluateOptions& options) {
  if (options.split == Split::train || !has(options.split)) {
    throw UsageError(cat("data.", data::name_of(options.split)), got_expected("nothing", "analogies or word pairs"));
  }
  const WordTests& wanted = tests(options.split);
  return parts_.vectors ? wanted.measure(*parts_.vectors, parts_.eval, options.limit)
                        : wanted.measure(current(), parts_.eval, options.limit);
}

io::TensorMap Word2VecLearner::tensors() const {
  io::TensorMap tensors = table_tensors(current().table());
  tensors["output"] = parts_.parameters.output.values();
  if (parts_.model.subwords())
    tensors["input"] = parts_.parameters.input.values().narrow(0, 0, parts_.vocabulary.size());
  return tensors;
}

void Word2VecLearner::load(const io::TensorMap& tensors, const std::string& source) {
  const auto saved = Vocabulary::from_tensors(tensors, source);
  if (saved.list() != parts_.vocabulary.list() || saved.counts != parts_.vocabulary.counts) {
    throw InputError(source,
                     cat("its vocabulary is not that of '", parts_.data.train, "': the text has changed since"));
  }
  const auto take = [&](const char* name, torch::Tensor into) {
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != into.sizes()) {
      throw InputError(
          source, cat("tensor '", name,
                      "': ", got_expected(found == tensors.end() ? "none" : cat(found->second.sizes()), into.sizes())));
    }
    into.copy_(found->second);
  };
  const int64_t V = parts_.vocabulary.size();
  take(parts_.model.subwords() ? "input" : "vectors", parts_.parameters.input.values().narrow(0, 0, V));
  if (parts_.model.subwords()) take("ngrams", parts_.parameters.input.values().narrow(0, V, parts_.model.bucket));
  take("output", parts_.parameters.output.values());
}

train::TrainResult Word2VecLearner::run(const train::TrainConfig& config, train::RunFolder& folder) {
  const train::TrainResult result = Training(*this, config, folder).run();
  train::write_report(folder, this);
  return result;
}

Json Word2VecLearner::model_config() const {
  ModelConfig config = parts_.model;
  Json json = fields_of(config).to_json();
  json["words"] = parts_.vocabulary.size();
  return json;
}

std::string Word2VecLearner::describe() const {
  const ModelConfig& model = parts_.model;
  return cat("Word vectors: ", model.kind, ", ",
             model.hierarchical() ? "hierarchical softmax" : cat("negative sampling, ", model.negative, " words"), ", ",
             model.dim, " dimensions, window ", model.window,
             model.subwords() ? cat(", n-grams of ", model.min_n, " to ", model.max_n, " characters") : "", ", ",
             parts_.vocabulary.size(), " words seen at least ", parts_.data.min_count, " times in '", parts_.data.train,
             "' (", parts_.vocabulary.tokens(), " words by the rule '", parts_.data.words, "').");
}

std::string Word2VecLearner::data_licence() const {
  return parts_.data.train == "-" ? "the user's own data; not known" : data::licence_of(parts_.data.train);
}

void Word2VecLearner::write_samples(vision::Page& page) {
  write_gallery(page, parts_.vectors ? *parts_.vectors : current());
}

std::unique_ptr<train::Learner> make_learner(const train::Recipe& recipe) {
  Word2VecLearner::Parts parts{.model = read_options<ModelConfig>(recipe.document, "model"),
                               .data = read_options<DataConfig>(recipe.document, "data"),
                               .eval = read_options<EvalConfig>(recipe.document, "eval"),
                               .valid = WordTests(""),
                               .test = WordTests("")};
  check(parts.model, parts.data);
  const auto config = train::read_train_config(recipe.document);
  parts.valid = WordTests(parts.data.valid);
  parts.test = WordTests(parts.data.test);
  const int threads = config.threads > 0 ? static_cast<int>(config.threads) : available_threads();
  parts.corpus.emplace(parts.data, threads);
  parts.vocabulary = parts.corpus->count();
  std::optional<Start> start;
  if (!parts.model.start.empty()) {
    start = read_start(parts.model);
    parts.vocabulary = joined_vocabulary(start->table.vocabulary, parts.vocabulary, parts.data.vocabulary);
  }
  log::info(cat("vocabulary: ", parts.vocabulary.size(), " words, seen ", parts.vocabulary.tokens(), " times"));
  parts.sampling = make_sampling(parts.model, parts.vocabulary, parts.data.subsample);
  parts.parameters = initial_parameters({.inputs = parts.sampling.inputs,
                                         .outputs = parts.sampling.outputs,
                                         .dim = parts.model.dim,
                                         .seed = static_cast<uint64_t>(config.seed)});
  if (start) start_from(*start, parts.vocabulary, parts.parameters);
  return std::make_unique<Word2VecLearner>(std::move(parts));
}

std::unique_ptr<train::Learner> make_evaluator(const std::filesystem::path& model_folder, const Document& document) {
  const auto data = read_options<DataConfig>(document, "data");
  return std::make_unique<Word2VecLearner>(Word2VecLearner::Parts{.data = data,
                                                                  .eval = read_options<EvalConfig>(document, "eval"),
                                                                  .vectors = WordVectors::load(model_folder),
                                                                  .valid = WordTests(data.valid),
                                                                  .test = WordTests(data.test)});
}

}  // namespace cairn::word2vec
