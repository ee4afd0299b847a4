#include "cairn/models/transformer/transformer_system.h"

#include "cairn/base/error.h"
#include "cairn/models/section_help.h"
#include "cairn/models/state_dict_layouts.h"
#include "cairn/models/transformer/transformer_bench.h"
#include "cairn/models/transformer/transformer_demo.h"
#include "cairn/models/transformer/transformer_pipeline.h"
#include "cairn/models/transformer/transformer_task.h"
#include "cairn/models/transformer/transformer_weights.h"

namespace cairn::transformer {

System transformer_system() {
  System system;
  system.name = "transformer";
  system.summary =
      "Transformers: translation from pairs of sentences, and language models of words, characters, bytes or pieces of "
      "words";
  system.learner = make_task;
  system.evaluator = make_evaluator;
  system.pipeline = load_pipeline;
  system.benchmarks = benchmarks;
  system.demo = demo;
  system.options_help = [] {
    return help_of<ModelConfig>("model") + help_of<DataConfig>("data") + help_of<EvalConfig>("eval");
  };
  system.layouts = layouts();
  return system;
}

}  // namespace cairn::transformer
