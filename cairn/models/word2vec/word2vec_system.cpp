#include "cairn/models/word2vec/word2vec_system.h"

#include "cairn/models/section_help.h"
#include "cairn/models/word2vec/word2vec_bench.h"
#include "cairn/models/word2vec/word2vec_config.h"
#include "cairn/models/word2vec/word2vec_demo.h"
#include "cairn/models/word2vec/word2vec_layouts.h"
#include "cairn/models/word2vec/word2vec_learner.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"

namespace cairn::word2vec {

System word2vec_system() {
  System system;
  system.name = "word2vec";
  system.summary =
      "word vectors from raw text: skip-gram and CBOW, negative sampling and hierarchical softmax, subwords";
  system.learner = make_learner;
  system.evaluator = make_evaluator;
  system.pipeline = [](const std::filesystem::path& folder) {
    return std::make_unique<WordVectors>(WordVectors::load(folder));
  };
  system.options_help = [] {
    return help_of<ModelConfig>("model") + help_of<DataConfig>("data") + help_of<EvalConfig>("eval");
  };
  system.layouts = layouts();
  system.demo = demo;
  system.benchmarks = benchmarks;
  return system;
}

}  // namespace cairn::word2vec
